using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>An API key as it is shown: never its value.</summary>
internal sealed record ShownApiKey(
    string Id, string MemberId, string Name, string Prefix, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt);

/// <summary>Lists the caller's live keys and, for admins, those of service accounts.</summary>
internal static class ListingApiKeys
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/api-keys", Handle).WithName("listApiKeys").WithSummary("List API keys");

    private static ListOf<ShownApiKey> Handle(PageRequest page, HttpContext context, IReadModels models)
    {
        var caller = context.Principal();
        var state = models.Current.Get<AccessState>();
        return page.Cut(
            state.Keys.Values.Where(key => key.MemberId == caller.Id
                || (caller.MayWriteOrg && state.Members[key.MemberId] is { Kind: MemberKind.Service } member && member.Role <= caller.Role)),
            key => key.Id,
            key => new ShownApiKey(key.Id, key.MemberId, key.Name, key.Prefix, ScopeNames.Of(key.Scopes), key.ExpiresAt, key.CreatedAt));
    }
}
