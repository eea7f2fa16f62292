using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>A toolkit as the REST API shows it.</summary>
/// <param name="Id"><c>tk_…</c>.</param>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="Slug">Unique in the workspace.</param>
/// <param name="Name">Name to show.</param>
/// <param name="McpUrl">Where MCP clients connect.</param>
/// <param name="ConnectionCount">Grants.</param>
/// <param name="PolicyCount">Policies.</param>
/// <param name="ToolCount">Tools that the caller sees as a client of the toolkit.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="UpdatedAt">UTC.</param>
/// <param name="Version">For <c>If-Match</c>.</param>
/// <param name="Surface">How clients reach its tools.</param>
/// <param name="Names">What its tools are named after.</param>
/// <param name="OverrideCount">Tools that it shows otherwise than their sources define them.</param>
/// <param name="BringYourOwn">Integrations that its callers bring their own connections to.</param>
internal sealed record ToolkitDto(
    string Id, string Owner, string Slug, string Name, string McpUrl, int ConnectionCount, int PolicyCount, int ToolCount, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt, long Version, ToolSurface Surface, ToolNaming Names, int OverrideCount, IReadOnlyList<string> BringYourOwn);

/// <summary>A grant as the REST API shows it.</summary>
/// <param name="Id"><c>tkconn_…</c>.</param>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Pattern">Which tools.</param>
/// <param name="Position">Its place in the list.</param>
/// <param name="CreatedAt">UTC.</param>
internal sealed record GrantDto(string Id, string ToolkitId, string Pattern, string Position, DateTimeOffset CreatedAt)
{
    public static GrantDto Of(ToolkitRow toolkit, GrantRow grant)
        => new(grant.Grant.Id, toolkit.Id, grant.Grant.Pattern.Text, grant.Grant.Position, grant.CreatedAt);
}

/// <summary>A toolkit's policy as the REST API shows it.</summary>
/// <param name="Id"><c>tkpol_…</c>.</param>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Pattern">What it speaks about.</param>
/// <param name="Action">What it says.</param>
/// <param name="Position">Its place: a key compared bytewise, made by the server.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="UpdatedAt">UTC.</param>
/// <param name="Approver">Whose yes it takes; null unless it says require_approval.</param>
internal sealed record ToolkitPolicyDto(
    string Id, string ToolkitId, string Pattern, PolicyAction Action, string Position, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    Approver? Approver)
{
    public static Rejection NotFound { get; } = Rejection.NotFound("policy_not_found", "The toolkit has no such policy.");

    public static ToolkitPolicyDto Of(ToolkitRow toolkit, ToolkitPolicyRow policy) => new(
        policy.Rule.Id, toolkit.Id, policy.Rule.Pattern.Text, policy.Rule.Action, policy.Rule.Position, policy.CreatedAt, policy.UpdatedAt,
        policy.Rule.ShownApprover);
}

/// <summary>Shows toolkits.</summary>
internal sealed class ToolkitShow(IConfiguration configuration, ToolViews views)
{
    private readonly string? publicUrl = configuration[PublicOrigin.Setting];

    public ToolkitDto Of(ToolkitRow row, HttpContext context, ReadSnapshot snapshot) => new(
        row.Id, row.Owner.Word, row.Slug, row.Name, PublicOrigin.Of(context.Request, publicUrl) + new McpResource(row.Slug).Path, row.Grants.Length, row.Policies.Length,
        views.CountTools(row, snapshot, context.Principal()), row.CreatedAt, row.UpdatedAt, row.Version, row.Surface, row.Names, row.Overrides.Count, [.. row.BringYourOwn]);
}
