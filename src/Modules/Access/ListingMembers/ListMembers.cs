using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>A member as it is shown.</summary>
internal sealed record ShownMember(string Id, MemberKind Kind, string Name, Role Role, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version)
{
    public static ShownMember Of(Member member)
        => new(member.Id, member.Kind, member.Name, member.Role, member.CreatedAt, member.UpdatedAt, member.Version);
}

internal static class ListingMembers
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/", Handle).WithName("listMembers").WithSummary("List members");

    private static ListOf<ShownMember> Handle(PageRequest page, HttpContext context, IReadModels models)
        => page.Cut(models.Current.Get<AccessState>().Members.Values, member => member.Id, ShownMember.Of);
}
