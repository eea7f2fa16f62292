using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>An API key as it is shown: never its value.</summary>
internal sealed record ShownApiKey(
    string Id, string MemberId, string Name, string Prefix, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt)
{
    /// <summary>There is none for this caller; or it was revoked before its issue was answered.</summary>
    public static ProblemResult Gone => Problem.Of(404, "api_key_not_found", "There is no such API key.");

    public static ShownApiKey Of(ApiKey key, LastUse uses)
        => new(key.Id, key.MemberId, key.Name, key.Prefix, ScopeNames.Of(key.Scopes), key.ExpiresAt, key.CreatedAt, uses.Of(key.Id));
}

/// <summary>Shows the caller's live keys and, to admins, those of service accounts.</summary>
internal static class ListingApiKeys
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/api-keys", List).WithName("listApiKeys").WithSummary("List API keys");
        group.MapGet("/api-keys/{id}", Show).WithName("getApiKey").WithSummary("Show an API key, without its value");
    }

    private static ListOf<ShownApiKey> List(PageRequest page, HttpContext context, IReadModels models, LastUse uses)
    {
        var caller = context.Principal();
        var state = models.Current.Get<AccessState>();
        return page.Cut(state.Keys.Values.Where(key => IsShown(key, caller, state)), key => key.Id, key => ShownApiKey.Of(key, uses));
    }

    private static Results<Ok<ShownApiKey>, ProblemResult> Show(string id, HttpContext context, IReadModels models, LastUse uses)
    {
        var state = models.Current.Get<AccessState>();
        return state.Keys.TryGetValue(id, out var key) && IsShown(key, context.Principal(), state)
            ? TypedResults.Ok(ShownApiKey.Of(key, uses))
            : ShownApiKey.Gone;
    }

    private static bool IsShown(ApiKey key, Principal caller, AccessState state)
        => key.MemberId == caller.Id || (caller.MayWriteOrg && state.Members.GetValueOrDefault(key.MemberId) is { Kind: MemberKind.Service } member && member.Role <= caller.Role);
}
