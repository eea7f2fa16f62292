using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// Who may call a tool, or read from a server, that is for admins (<see cref="ToolAccess.Admins"/>). Such a tool is listed for everyone who sees its connection: views are shared
/// by all principals, and a refusal that names what is missing helps more than a tool that is not there. This is the one place where a listed tool is
/// not callable. Checked before the arguments, so that a refusal says nothing of the schema.
/// </summary>
internal static class CallAccess
{
    /// <summary>Why the call is refused: the scope first, then the role; null when it is not.</summary>
    public static ToolError? Refusal(Principal caller, ToolView view, ViewTool tool)
        => Refusal(
            caller, view, tool.Tool.Definition.Access, tool.Decision,
            "Calling this tool takes the role admin, or a policy of the workspace or of a shared toolkit that approves it.");

    /// <summary>Why a request for a resource or a prompt of a server is refused, or null: whoever must not call its tools must not make it work otherwise.</summary>
    public static ToolError? Refusal(Principal caller, ToolView view, ViewServer server)
        => Refusal(
            caller, view, server.Access, server.Decision,
            "Reading from this server takes the role admin, or a policy of the workspace or of a shared toolkit that approves it.");

    private static ToolError? Refusal(Principal caller, ToolView view, ToolAccess access, AccessDecision decision, string refusal)
    {
        if (access == ToolAccess.Anyone)
        {
            return null;
        }

        if (!caller.Has(Scopes.ToolsInvoke))
        {
            return ScopeMissing;
        }

        return caller.MayWriteOrg || AdmitsOthers(view, decision) ? null : new ToolError("insufficient_permissions", refusal, Retryable: false);
    }

    /// <summary>What is answered to a credential without the scope that every call takes.</summary>
    public static ToolError ScopeMissing { get; } = new("insufficient_scope", "Calling tools takes the scope tools:invoke.", Retryable: false);

    /// <summary>
    /// Whether policy says otherwise: a rule that approves, written by someone who may write for the workspace. A rule or a toolkit of one's own does not
    /// count, or members would let themselves in.
    /// </summary>
    private static bool AdmitsOthers(ToolView view, AccessDecision decision)
        => decision.Action == PolicyAction.Approve && (decision.Source == DecisionSource.Org || (decision.Source == DecisionSource.Toolkit && !view.IsPersonal));
}
