using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>An approval as REST shows it.</summary>
/// <param name="Id"><c>apr_…</c></param>
/// <param name="Status"><c>pending</c>, <c>approved</c>, <c>declined</c>, <c>cancelled</c>, <c>expired</c>, <c>void</c> or <c>consumed</c>.</param>
/// <param name="Principal">Who asks.</param>
/// <param name="PrincipalName">What they are called, while their credential lives.</param>
/// <param name="Credential">With which credential.</param>
/// <param name="Resource"><c>/mcp</c> or <c>/mcp/toolkits/{slug}</c>.</param>
/// <param name="Toolkit">Slug of the toolkit; null for the default resource.</param>
/// <param name="ToolkitId">Its id.</param>
/// <param name="Session">The session, where there is one.</param>
/// <param name="Address">The tool's address.</param>
/// <param name="ToolName">The name that was called.</param>
/// <param name="Source">Why a yes is needed.</param>
/// <param name="RuleId">The rule that asks, where one does.</param>
/// <param name="Approver">Whose yes it takes: <c>client</c>, <c>console</c> or <c>other</c>.</param>
/// <param name="Summary">What the call would do; null once it has ended.</param>
/// <param name="Arguments">The arguments that would be sent, secrets hidden; null once it has ended.</param>
/// <param name="ArgumentsAltered">Whether something of them is not shown.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="ExpiresAt">When it can no longer be decided, or, once approved, used.</param>
/// <param name="DecidedAt">When it was decided.</param>
/// <param name="DecidedBy">By whom.</param>
/// <param name="Channel">Where: <c>form</c>, <c>url</c>, <c>console</c> or <c>rest</c>.</param>
/// <param name="CallId">The call that used it.</param>
/// <param name="CanDecide">Whether the reader may decide it, now and with this credential.</param>
internal sealed record ApprovalDocument(
    string Id, string Status, string Principal, string? PrincipalName, string Credential, string Resource, string? Toolkit, string? ToolkitId, string? Session, string Address,
    string ToolName, string Source, string? RuleId, string Approver, string? Summary, JsonElement? Arguments, bool ArgumentsAltered, DateTimeOffset RequestedAt,
    DateTimeOffset ExpiresAt, DateTimeOffset? DecidedAt, string? DecidedBy, string? Channel, string? CallId, bool CanDecide)
{
    public static ApprovalDocument Of(Approval approval, ShownRequest? shown, Principal reader, string? name, DateTimeOffset now)
    {
        var (asked, status) = (approval.Asked, approval.At(now));
        return new ApprovalDocument(
            approval.Id, Word(status), asked.PrincipalId, name, asked.CredentialId, new Toolkits.McpResource(asked.Toolkit).Path, asked.Toolkit, asked.ToolkitId, asked.SessionId,
            asked.Address, asked.ToolName, asked.Source, asked.RuleId, asked.Approver, shown?.Summary,
            shown is null ? null : JsonDocument.Parse(shown.Arguments.Json).RootElement, shown?.Arguments.Altered ?? false, approval.RequestedAt,
            approval.Decision?.UsableUntil ?? asked.ExpiresAt, approval.DecidedAt, approval.Decision?.DecidedBy, approval.Decision?.Channel, approval.CallId,
            status == ApprovalStatus.Pending && ApproverRule.Refusal(reader, approval) is null);
    }

    /// <summary>A status on the wire.</summary>
    public static string Word(ApprovalStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());
}

/// <summary>Shows approvals: everybody their own, admins also the workspace's. What ended long ago is in the audit log only.</summary>
internal static class ShowingApprovals
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/", List).WithName("listApprovals").WithSummary("Calls that wait for a person's approval, and those that did last.");
        group.MapGet("/{id}", Show).WithName("readApproval").WithSummary("One approval, with what the call would do.");
    }

    /// <summary>The approvals that a reader sees, in the order of their requests.</summary>
    public static IEnumerable<Approval> Visible(ApprovalsState state, Principal reader) => state.All.Where(approval => ApproverRule.Sees(reader, approval));

    /// <summary>The document of one.</summary>
    public static async Task<ApprovalDocument> Document(
        Approval approval, Principal reader, ApprovalVault vault, ICredentials credentials, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var shown = approval.IsOpen ? await vault.Shown(approval.Id, cancellationToken) : null;
        return ApprovalDocument.Of(approval, shown, reader, credentials.Find(approval.Asked.CredentialId)?.Name, now);
    }

    private static async Task<Results<Ok<ListOf<ApprovalDocument>>, ProblemResult>> List(
        string? status, HttpContext context, PageRequest page, ApprovalPulse pulse, ApprovalVault vault, ICredentials credentials, TimeProvider time, CancellationToken cancellationToken)
    {
        if (status is not null && !Enum.GetValues<ApprovalStatus>().Any(known => ApprovalDocument.Word(known) == status))
        {
            return Problem.Of(
                422, "validation", "The query is not acceptable.",
                new ProblemError("?status", "invalid_status", "status must be pending, approved, declined, cancelled, expired, void or consumed."));
        }

        var (reader, now) = (context.Principal(), time.GetUtcNow());
        var found = page.Cut(
            Visible(pulse.Now, reader).Where(approval => status is null || ApprovalDocument.Word(approval.At(now)) == status), approval => approval.Id, approval => approval);
        var items = new List<ApprovalDocument>(found.Items.Count);
        foreach (var approval in found.Items)
        {
            items.Add(await Document(approval, reader, vault, credentials, now, cancellationToken));
        }

        return TypedResults.Ok(new ListOf<ApprovalDocument>(items, found.NextCursor));
    }

    private static async Task<Results<Ok<ApprovalDocument>, ProblemResult>> Show(
        string id, HttpContext context, ApprovalDesk desk, ApprovalVault vault, ICredentials credentials, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await desk.Find(id, cancellationToken) is not { } approval || !ApproverRule.Sees(context.Principal(), approval))
        {
            return Problem.Of(ApprovalDesk.NotFound);
        }

        context.Read(approval.Version);
        return TypedResults.Ok(await Document(approval, context.Principal(), vault, credentials, time.GetUtcNow(), cancellationToken));
    }
}
