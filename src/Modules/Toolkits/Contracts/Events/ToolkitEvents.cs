using System.Collections.Immutable;
using System.Text.Json;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>A toolkit was created. Its slug was claimed in the same transaction.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Subject">Account that owns it; null for the workspace.</param>
/// <param name="Slug">Last segment of its MCP URL.</param>
/// <param name="Name">Name to show.</param>
public sealed record ToolkitCreated(string ToolkitId, string? Subject, string Slug, string Name);

/// <summary>A toolkit got another name; its URL stayed.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Name">Name from now on.</param>
public sealed record ToolkitRenamed(string ToolkitId, string Name);

/// <summary>A toolkit got another slug, and so another MCP URL. The old one leads nowhere from now on.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Slug">Slug from now on.</param>
public sealed record ToolkitSlugChanged(string ToolkitId, string Slug);

/// <summary>A toolkit was deleted with its grants and policies; its slug is free again.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
public sealed record ToolkitDeleted(string ToolkitId);

/// <summary>A toolkit was granted the tools that a pattern matches.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="GrantId"><c>tkconn_…</c>.</param>
/// <param name="Pattern">Which tools, normally <c>integration.owner.connection.*</c>.</param>
/// <param name="Position">Fractional key: the order in which grants are shown.</param>
public sealed record ConnectionGranted(string ToolkitId, string GrantId, string Pattern, string Position);

/// <summary>A grant was taken back.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="GrantId"><c>tkconn_…</c>.</param>
public sealed record ConnectionRevoked(string ToolkitId, string GrantId);

/// <summary>A policy was added to a toolkit.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="PolicyId"><c>tkpol_…</c>.</param>
/// <param name="Pattern">What it speaks about.</param>
/// <param name="Action">What it says.</param>
/// <param name="Position">Fractional key: the order in which policies are tried.</param>
/// <param name="Approver">Whose yes it takes. An event that does not say it means the client's.</param>
public sealed record ToolkitPolicyAdded(
    string ToolkitId, string PolicyId, string Pattern, PolicyAction Action, string Position, Approver Approver = Approver.Client);

/// <summary>What a toolkit's policy says was changed.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="PolicyId"><c>tkpol_…</c>.</param>
/// <param name="Pattern">Pattern from now on.</param>
/// <param name="Action">Action from now on.</param>
/// <param name="Approver">Whose yes it takes from now on. An event that does not say it means the client's.</param>
public sealed record ToolkitPolicyChanged(string ToolkitId, string PolicyId, string Pattern, PolicyAction Action, Approver Approver = Approver.Client);

/// <summary>A toolkit's policy was moved.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="PolicyId"><c>tkpol_…</c>.</param>
/// <param name="Position">Its fractional key from now on.</param>
public sealed record ToolkitPolicyMoved(string ToolkitId, string PolicyId, string Position);

/// <summary>A toolkit's policy was removed.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="PolicyId"><c>tkpol_…</c>.</param>
public sealed record ToolkitPolicyRemoved(string ToolkitId, string PolicyId);

/// <summary>A toolkit shows its tools another way.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Surface">The way from now on. A toolkit of which no event says it lists its tools.</param>
public sealed record ToolkitSurfaceChanged(string ToolkitId, ToolSurface Surface);

/// <summary>A toolkit's tools are named another way.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Names">The way from now on. A toolkit of which no event says it names tools after their addresses.</param>
public sealed record ToolkitNamesChanged(string ToolkitId, ToolNaming Names);

/// <summary>A toolkit shows one tool otherwise than its source defines it. Replaces what an earlier event said of this tool.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Address">The tool.</param>
/// <param name="Name">Its name in this toolkit; null for the name that it has anyway.</param>
/// <param name="Title">Its title; null for the source's.</param>
/// <param name="Description">Its description; null for the source's.</param>
/// <param name="Hide">Parameters that callers neither see nor may send.</param>
/// <param name="Fix">Parameters that have this value in every call, and that callers neither see nor may send. Never a place for secrets.</param>
public sealed record ToolOverridden(
    string ToolkitId, string Address, string? Name, string? Title, string? Description, ImmutableArray<string> Hide, ImmutableArray<FixedArgument> Fix);

/// <summary>The value of a parameter in every call.</summary>
/// <param name="Parameter">Name of a property of the tool's input.</param>
/// <param name="Value">Its value.</param>
public sealed record FixedArgument(string Parameter, JsonElement Value);

/// <summary>
/// A shared toolkit has its callers bring their own connections to an integration: each is served the tools of their own, and nobody those of another.
/// </summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Integration">Slug of the integration.</param>
public sealed record BringYourOwnDeclared(string ToolkitId, string Integration);

/// <summary>A toolkit shows no personal connections to an integration any more. The connections stay their owners'.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Integration">Slug of the integration.</param>
public sealed record BringYourOwnWithdrawn(string ToolkitId, string Integration);

/// <summary>A toolkit shows a tool as its source defines it again.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Address">The tool.</param>
public sealed record ToolOverrideRemoved(string ToolkitId, string Address);
