using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Policies;

/// <summary>A rule as the REST API shows it.</summary>
/// <param name="Id"><c>pol_…</c>.</param>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="Pattern">What it speaks about.</param>
/// <param name="Action">What it says.</param>
/// <param name="Enforced">Whether it holds inside toolkits too.</param>
/// <param name="Position">Its place: a key compared bytewise, made by the server.</param>
/// <param name="CreatedAt">When it was added, UTC.</param>
/// <param name="UpdatedAt">When it was last changed or moved, UTC.</param>
/// <param name="Version">Version of its owner's list, for <c>If-Match</c>.</param>
/// <param name="Approver">Whose yes it takes; null unless it says require_approval.</param>
internal sealed record PolicyDto(
    string Id, string Owner, string Pattern, PolicyAction Action, bool Enforced, string Position, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version,
    Approver? Approver)
{
    public static PolicyDto Of(OwnedRules owner, StoredRule rule) => new(
        rule.Rule.Id, new Owner(owner.Subject).Word, rule.Rule.Pattern.Text, rule.Rule.Action, rule.Enforced, rule.Rule.Position, rule.CreatedAt, rule.UpdatedAt, owner.Version,
        rule.Rule.ShownApprover);

    /// <summary>Shows a rule right after it was written; null when somebody has removed it since.</summary>
    public static PolicyDto? Find(HttpContext context, ReadSnapshot snapshot, string id)
    {
        if (snapshot.Get<PolicyBook>().Holding(id) is not { } owner || !new Owner(owner.Subject).IsVisibleTo(context.Principal()))
        {
            return null;
        }

        context.Read(owner.Version);
        return Of(owner, owner.Find(id)!);
    }

    public static Rejection NotFound { get; } = Rejection.NotFound("policy_not_found", "There is no such policy.");
}

/// <summary>The rules that the caller sees: its own first, then the workspace's, each in order.</summary>
internal static class ListRules
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/", List).WithName("listPolicies").WithSummary("The caller's own policies, then the workspace's, each in the order in which they are tried.");
        group.MapGet("/{id}", Get).WithName("getPolicy").WithSummary("One policy.");
    }

    private static Ok<ListOf<PolicyDto>> List(HttpContext context, PageRequest page, IReadModels models)
    {
        var book = models.Current.Get<PolicyBook>();
        var own = book.Of(Owner.User(context.Principal().Id));
        var org = book.Of(Owner.Org);
        var rows = own.Rules.Select(rule => (owner: own, rule, list: '0')).Concat(org.Rules.Select(rule => (owner: org, rule, list: '1')));
        return TypedResults.Ok(page.Cut(rows, row => $"{row.list}{row.rule.Rule.Position} {row.rule.Rule.Id}", row => PolicyDto.Of(row.owner, row.rule)));
    }

    private static Results<Ok<PolicyDto>, ProblemResult> Get(string id, HttpContext context, IReadModels models)
        => PolicyDto.Find(context, models.Current, id) is { } policy ? TypedResults.Ok(policy) : Problem.Of(PolicyDto.NotFound);
}
