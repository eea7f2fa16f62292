using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Sessions.Tests;

/// <summary>Who may call a tool that is for admins: the scope first, then the role, unless policy of the workspace says otherwise.</summary>
public sealed class CallAccessTests
{
    [Theory]
    [InlineData(Role.Owner, Scopes.All, PolicyAction.Approve, DecisionSource.Default, false, null)]
    [InlineData(Role.Admin, Scopes.ToolsInvoke, PolicyAction.Approve, DecisionSource.Default, false, null)]
    [InlineData(Role.Admin, Scopes.ToolsInvoke, PolicyAction.RequireApproval, DecisionSource.Enforced, true, null)]
    [InlineData(Role.Admin, Scopes.Manage | Scopes.Audit, PolicyAction.Approve, DecisionSource.Org, false, "insufficient_scope")]
    [InlineData(Role.Member, Scopes.Manage, PolicyAction.Approve, DecisionSource.Default, false, "insufficient_scope")]
    [InlineData(Role.Member, Scopes.All, PolicyAction.Approve, DecisionSource.Default, false, "insufficient_permissions")]
    [InlineData(Role.Member, Scopes.All, PolicyAction.RequireApproval, DecisionSource.Org, false, "insufficient_permissions")]
    [InlineData(Role.Member, Scopes.All, PolicyAction.RequireApproval, DecisionSource.Enforced, false, "insufficient_permissions")]
    [InlineData(Role.Member, Scopes.All, PolicyAction.Approve, DecisionSource.User, false, "insufficient_permissions")]
    [InlineData(Role.Member, Scopes.All, PolicyAction.Approve, DecisionSource.Toolkit, true, "insufficient_permissions")]
    [InlineData(Role.Member, Scopes.All, PolicyAction.Approve, DecisionSource.Toolkit, false, null)]
    [InlineData(Role.Member, Scopes.All, PolicyAction.Approve, DecisionSource.Org, false, null)]
    public void scope_then_role_unless_a_rule_that_the_workspace_wrote_approves(
        Role role, Scopes scopes, PolicyAction action, DecisionSource source, bool personal, string? code)
        => Refusal(ToolAccess.Admins, role, scopes, action, source, personal).ShouldBe(code);

    [Fact]
    public void a_tool_for_anyone_is_refused_to_nobody_here()
        => Refusal(ToolAccess.Anyone, Role.Member, Scopes.None, PolicyAction.Approve, DecisionSource.Default, personal: true).ShouldBeNull();

    private static string? Refusal(ToolAccess access, Role role, Scopes scopes, PolicyAction action, DecisionSource source, bool personal)
    {
        var plain = Tools.Write.Tool.Definition;
        var definition = new ToolDefinition
        {
            Name = plain.Name, Description = plain.Description, AsksByDefault = false, ApprovalText = plain.ApprovalText, ChangesSomething = true, InputSchema = plain.InputSchema,
            ListingMembers = plain.ListingMembers, Digest = plain.Digest, Binding = plain.Binding, Access = access,
        };
        var tool = new Tool(definition, "demo", Owner.Org, "main");
        var listed = new Toolgate.Toolkits.ViewTool(tool, new AccessDecision(action, source), tool.McpName);
        var whole = Tools.View("a", "tk_a", listed);
        var view = personal
            ? new Toolgate.Toolkits.ToolView
            {
                Resource = whole.Resource, ToolkitId = whole.ToolkitId, IsPersonal = true, Name = whole.Name, Position = whole.Position, Tools = whole.Tools,
                ByName = whole.ByName, ByAddress = whole.ByAddress, ToolsJson = whole.ToolsJson, ListDigest = whole.ListDigest, Instructions = whole.Instructions,
            }
            : whole;
        return CallAccess.Refusal(new Principal("usr_a", "A", role, scopes, "key_a"), view, listed)?.Code;
    }
}
