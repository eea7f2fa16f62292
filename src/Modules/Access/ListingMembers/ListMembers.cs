using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>A member as it is shown.</summary>
internal sealed record ShownMember(string Id, MemberKind Kind, string Name, Role Role, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version, string? Email)
{
    /// <summary>There is none; or it was removed between a change and its answer.</summary>
    public static ProblemResult Gone => Problem.Of(404, "member_not_found", "There is no such member.");

    public static ShownMember Of(Member member)
        => new(member.Id, member.Kind, member.Name, member.Role, member.CreatedAt, member.UpdatedAt, member.Version, member.Email);
}

internal static class ListingMembers
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/", List).WithName("listMembers").WithSummary("List members");
        group.MapGet("/{id}", Show).WithName("getMember").WithSummary("Show a member");
    }

    private static ListOf<ShownMember> List(PageRequest page, IReadModels models)
        => page.Cut(models.Current.Get<AccessState>().Members.Values, member => member.Id, ShownMember.Of);

    private static Results<Ok<ShownMember>, ProblemResult> Show(string id, HttpContext context, IReadModels models)
    {
        if (!models.Current.Get<AccessState>().Members.TryGetValue(id, out var member))
        {
            return ShownMember.Gone;
        }

        context.Read(member.Version);
        return TypedResults.Ok(ShownMember.Of(member));
    }
}
