using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

/// <summary>The management API as tools: in no view unless granted by name, with the caller's own rights, asking before they change something.</summary>
public sealed class BuiltinToolsTests(World world) : IClassFixture<World>
{
    private const string ListPolicies = "toolgate.policies.list";
    private const string CreatePolicy = "toolgate.policies.create";

    [Fact]
    public async Task They_are_listed_only_where_a_grant_names_them()
    {
        await world.Notes();
        var everything = await world.NewToolkit("*");
        var named = await world.NewToolkit("notes.*", "toolgate.policies.*");

        (await world.Mcp("/mcp", world.Server.OwnerKey).Addresses()).ShouldNotContain(address => address.StartsWith("toolgate.", StringComparison.Ordinal));
        (await world.Mcp(everything.Path, world.Server.OwnerKey).Addresses()).ShouldNotContain(address => address.StartsWith("toolgate.", StringComparison.Ordinal));
        var listed = await world.Mcp(named.Path, world.Server.OwnerKey).Addresses();
        listed.Where(address => address.StartsWith("toolgate.", StringComparison.Ordinal)).ShouldBe(
            [CreatePolicy, "toolgate.policies.delete", "toolgate.policies.get", ListPolicies, "toolgate.policies.resolve", "toolgate.policies.update"]);
        listed.ShouldBe(listed.Order(StringComparer.Ordinal));
        (await world.Mcp(everything.Path, world.Server.OwnerKey).Call(Mcp.NameOf(ListPolicies))).Json.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32602);
    }

    [Fact]
    public async Task The_integration_is_shown_and_cannot_be_changed_or_removed()
    {
        var shown = (await world.Owner.Get("/api/integrations/toolgate")).Expect(200).Json;
        shown.GetProperty("kind").GetString().ShouldBe("builtin");
        shown.GetProperty("canRemove").GetBoolean().ShouldBeFalse();
        shown.GetProperty("toolCount").GetInt32().ShouldBeGreaterThan(40);
        (await world.Owner.Get("/api/integrations")).Expect(200).Json.GetProperty("items").EnumerateArray()
            .ShouldContain(item => item.GetProperty("slug").GetString() == "toolgate");
        (await world.Owner.Delete("/api/integrations/toolgate")).Status.ShouldBe(404);
        (await world.Owner.Patch("/api/integrations/toolgate", new { name = "Mine" })).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_call_that_reads_answers_what_REST_answers()
    {
        var kit = await world.NewToolkit("toolgate.*");
        await world.Rule("never.*", "block");
        var result = (await world.Mcp(kit.Path, world.Server.OwnerKey).Call(Mcp.NameOf(ListPolicies), """{"limit":1000}""")).Expect(200).Json.GetProperty("result");
        result.GetProperty("isError").GetBoolean().ShouldBeFalse(result.ToString());
        var rest = (await world.Owner.Get("/api/policies?limit=1000")).Expect(200).Json;
        JsonElement.DeepEquals(result.GetProperty("structuredContent"), rest).ShouldBeTrue(result.ToString());
    }

    [Fact]
    public async Task A_call_that_changes_something_asks_first_and_then_acts_as_its_caller()
    {
        var kit = await world.NewToolkit("toolgate.*");
        var mcp = world.Mcp(kit.Path, world.Server.OwnerKey);
        const string arguments = """{"body":{"owner":"org","pattern":"made.by.tool.*","action":"block"}}""";
        var asked = (await mcp.Call(Mcp.NameOf(CreatePolicy), arguments)).Expect(200).Json.GetProperty("result");
        asked.GetProperty("isError").GetBoolean().ShouldBeTrue();
        (await world.Owner.Get("/api/policies")).Text.ShouldNotContain("made.by.tool");

        await world.Rule(kit, "toolgate.*", "approve");
        var made = (await mcp.Call(Mcp.NameOf(CreatePolicy), arguments)).Expect(200).Json.GetProperty("result");
        made.GetProperty("isError").GetBoolean().ShouldBeFalse(made.ToString());
        (await world.Owner.Get("/api/policies")).Text.ShouldContain("made.by.tool.*");

        var refused = (await mcp.Call(Mcp.NameOf(CreatePolicy), """{"body":{"owner":"org","pattern":"a..b","action":"block"}}""")).Expect(200).Json.GetProperty("result");
        var error = refused.GetProperty("structuredContent").GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("invalid_arguments");
        error.GetProperty("details").GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/pattern");
    }

    [Fact]
    public async Task A_key_that_may_only_call_tools_manages_nothing_through_them()
    {
        var kit = await world.NewToolkit("toolgate.*");
        await world.Rule(kit, "toolgate.*", "approve");
        var agent = await world.NewMember("admin", "tools:invoke");
        var result = (await world.Mcp(kit.Path, agent.Token).Call(Mcp.NameOf(ListPolicies))).Expect(200).Json.GetProperty("result");
        result.GetProperty("isError").GetBoolean().ShouldBeTrue();
        result.GetProperty("structuredContent").GetProperty("error").GetProperty("code").GetString().ShouldBe("insufficient_scope");

        var member = await world.NewMember("member", "tools:invoke", "manage");
        result = (await world.Mcp(kit.Path, member.Token).Call(Mcp.NameOf(CreatePolicy), """{"body":{"owner":"org","pattern":"by.a.member","action":"block"}}""")).Expect(200).Json.GetProperty("result");
        result.GetProperty("structuredContent").GetProperty("error").GetProperty("code").GetString().ShouldBe("insufficient_permissions");
        (await world.Owner.Get("/api/policies")).Text.ShouldNotContain("by.a.member");
    }

    [Fact]
    public async Task Every_operation_is_a_tool_with_a_short_name_except_those_that_cannot_be()
    {
        var description = (await world.Owner.Get("/api/openapi.json")).Expect(200).Json;
        var operations = description.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => method.Value)).ToArray();
        string[] no = [.. operations.Where(operation => !operation.TryGetProperty("x-toolgate-name", out _)).Select(operation => operation.GetProperty("operationId").GetString()!).Order()];
        no.ShouldBe([
            "acceptConnectionChanges", "acceptIntegrationChanges", "addClient", "approvePluginTool", "callTool", "changePassword", "decideApproval", "enablePlugin", "exportLog",
            "followApprovals", "followLog",
            "issueApiKey", "issueInvite", "registerUpstreamClient", "resetPassword", "rotateMasterKey", "signIn", "signOut", "signUp", "startAuthorization",
        ]);
        var names = operations.Where(operation => operation.TryGetProperty("x-toolgate-name", out _)).Select(operation => operation.GetProperty("x-toolgate-name").GetString()!).ToArray();
        names.ShouldBeUnique();
        names.ShouldAllBe(name => Mcp.NameOf("toolgate." + name).Length <= 64);
        new[] { "toolkits.create", "toolkits.listPolicies", "integrations.importOpenApi", "connections.create", "tools.list", "policies.resolve" }.ShouldBeSubsetOf(names);
    }
}
