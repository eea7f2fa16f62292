using System.Text.Json;
using System.Text.Json.Nodes;

namespace Toolgate.Acceptance.Tests;

/// <summary>Shared toolkits to which each caller brings a connection of their own.</summary>
public sealed class BringYourOwnTests(World world) : IClassFixture<World>, IAsyncLifetime
{
    private const string ConnectAddress = "toolgate.connect.";
    private readonly Dictionary<string, string> keys = [];
    private DeskServer desk = null!;
    private string slug = "";
    private Member ann = null!;
    private Member ben = null!;
    private Member cleo = null!;
    private Toolkit kit = null!;

    public async Task InitializeAsync()
    {
        desk = await DeskServer.Start();
        slug = world.Unique("desk");
        (ann, ben, cleo) = (await world.NewMember(), await world.NewMember(), await world.NewMember());
        (await world.Owner.Post("/api/integrations/mcp", new { slug, transport = "http", url = desk.Url, authTemplates = DeskServer.Templates })).Expect(201);
        kit = await world.NewToolkit();
        (await world.Owner.Put($"/api/toolkits/{kit.Id}/bring-your-own/{slug}", "")).Expect(200)
            .Json.GetProperty("bringYourOwn").EnumerateArray().Select(item => item.GetString()).ShouldBe([slug]);
    }

    public async Task DisposeAsync()
    {
        // A refresh must not find its server gone: the connections go first.
        await Disconnect(ann);
        await Disconnect(ben);
        await desk.DisposeAsync();
    }

    [Fact]
    public async Task Two_members_are_served_their_own_accounts_and_one_without_is_told_how_to_connect()
    {
        await ConnectAs(ann, "main", "mail", "salary");
        await ConnectAs(ben, "main", "mail", "door");

        (await Addresses(ann)).ShouldBe([Own("main", "mail"), Own("main", "salary")]);
        (await Addresses(ben)).ShouldBe([Own("main", "door"), Own("main", "mail")]);
        (await Addresses(cleo)).ShouldBe([ConnectAddress + slug]);
        (await Addresses(new Member("", "", world.Server.OwnerKey, world.Owner))).ShouldBe([ConnectAddress + slug], "an owner of the workspace has nobody's account either");

        // The same address, and each call goes out with its caller's own key.
        (await Text(ann, NameOf("main", "mail"))).ShouldBe(keys[ann.Id]);
        (await Text(ben, NameOf("main", "mail"))).ShouldBe(keys[ben.Id]);
        await Unknown(ben, NameOf("main", "salary"));
        await Unknown(cleo, NameOf("main", "mail"));
        await Unknown(ann, "connect_" + slug);

        var told = McpClients.ResultOf((await Mcp(cleo).Call("connect_" + slug)).Expect(200).Json.GetProperty("result"));
        told.IsError.ShouldBeFalse(told.Text);
        var link = $"{world.Server.BaseAddress.GetLeftPart(UriPartial.Authority)}/connect/{slug}?toolkit={kit.Slug}";
        told.Text.ShouldContain(link);
        told.Structured!.Value.GetProperty("url").GetString().ShouldBe(link);
        told.Structured!.Value.GetProperty("connected").GetBoolean().ShouldBeFalse();
        (await Mcp(cleo).Call("connect_" + slug, """{"toolkit":"other"}""")).Json.GetProperty("result").GetProperty("isError").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_of_one_members_account_shows_to_another_wherever_they_look()
    {
        await ConnectAs(ann, "payroll", "salary");
        var before = (await ann.Rest.Get($"/api/toolkits/{kit.Id}/tools")).Expect(200);
        await ConnectAs(ben, "main", "door");
        var at = (await world.Rule(kit, "unrelated.*", "block"), Position: (await world.Events()).Max(e => e.GetProperty("position").GetInt64())).Position;

        string[] asked =
        [
            $"/api/toolkits/{kit.Id}/tools", $"/api/toolkits/{kit.Id}/tools?includeBlocked=true", $"/api/toolkits/{kit.Id}/tools?at={at}&includeBlocked=true",
            $"/api/tools?toolkit={kit.Slug}", $"/api/tools?toolkit={kit.Slug}&query=send%20salary", "/api/tools", $"/api/toolkits/{kit.Id}/overrides",
        ];
        foreach (var path in asked)
        {
            foreach (var other in (Rest[])[ben.Rest, cleo.Rest, world.Owner])
            {
                var text = (await other.Get(path)).Expect(200).Text;
                text.ShouldNotContain("salary", Case.Insensitive, path);
                text.ShouldNotContain("payroll", Case.Insensitive, path);
            }
        }

        (await ann.Rest.Get(asked[0])).Text.ShouldBe(before.Text);
        (await ann.Rest.Get(asked[4])).Text.ShouldContain("salary");
        (await cleo.Rest.Get($"/api/tools/{Own("payroll", "salary")}?toolkit={kit.Slug}")).Expect(404);
        (await world.Owner.Post("/api/policies/resolve", new { address = Own("payroll", "salary"), toolkit = kit.Slug, principal = ann.Id })).Expect(200)
            .Json.GetProperty("source").GetString().ShouldBe("unknown", "not even an owner asks about another person's account");
        var own = (await ann.Rest.Post("/api/policies/resolve", new { address = Own("payroll", "salary"), toolkit = kit.Slug })).Expect(200).Json;
        (own.GetProperty("action").GetString(), own.GetProperty("source").GetString()).ShouldBe(("approve", "default"));

        (await world.Owner.Patch($"/api/toolkits/{kit.Id}", new { surface = "search" })).Expect(200);
        var found = McpClients.ResultOf((await Mcp(ben).Call("search_tools", """{"query":"send salary"}""")).Json.GetProperty("result"));
        found.Structured!.Value.ToString().ShouldNotContain("salary");
        var searched = McpClients.ResultOf((await Mcp(cleo).Call("search_tools", $$"""{"query":"{{slug}}"}""")).Json.GetProperty("result"));
        searched.Structured!.Value.GetProperty("tools")[0].GetProperty("name").GetString().ShouldBe("connect_" + slug);
        var linked = McpClients.ResultOf((await Mcp(cleo).Call("call_tool", $$"""{"name":"connect_{{slug}}"}""")).Json.GetProperty("result"));
        linked.Text.ShouldContain($"/connect/{slug}?toolkit={kit.Slug}");
    }

    [Fact]
    public async Task In_both_eras_a_client_hears_when_an_account_is_connected_and_when_it_is_gone_and_nobody_else_does()
    {
        var mcp = Mcp(ann);
        var session = await mcp.Initialize();
        using var stream = await mcp.GetStream(session);
        using var listen = await mcp.Listen();
        await listen.Next("notifications/subscriptions/acknowledged");
        var other = await Mcp(cleo).Initialize();
        using var others = await Mcp(cleo).GetStream(other);

        await ConnectAs(ann, "main", "mail");
        await stream.Next("notifications/tools/list_changed");
        await listen.Next("notifications/tools/list_changed");
        (await mcp.ListInSession(session)).Text.ShouldContain(NameOf("main", "mail"));
        (await mcp.CallInSession(session, NameOf("main", "mail"))).Json.GetProperty("result").ToString().ShouldContain(keys[ann.Id]);

        await Disconnect(ann);
        await stream.Next("notifications/tools/list_changed");
        await listen.Next("notifications/tools/list_changed");
        (await Addresses(ann)).ShouldBe([ConnectAddress + slug]);
        await Unknown(ann, NameOf("main", "mail"));

        (await Mcp(cleo).End(other)).Expect(204);
        (await others.End()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Policies_of_the_toolkit_and_enforced_rules_hold_for_what_callers_bring()
    {
        await ConnectAs(ann, "main", "mail", "salary");
        await world.Rule(kit, $"{slug}.user.*.salary", "block");
        (await Addresses(ann)).ShouldBe([Own("main", "mail")]);
        (await Addresses(cleo)).ShouldBe([ConnectAddress + slug]);

        var enforced = await world.Rule($"{slug}.*", "block", enforced: true);
        (await Addresses(ann)).ShouldBeEmpty();
        (await Addresses(cleo)).ShouldBeEmpty();
        await Unknown(cleo, "connect_" + slug);
        (await world.Owner.Delete("/api/policies/" + enforced)).Expect(204);
        (await Addresses(ann)).ShouldBe([Own("main", "mail")]);

        (await world.Owner.Delete($"/api/toolkits/{kit.Id}/bring-your-own/{slug}")).Expect(204);
        (await Addresses(ann)).ShouldBeEmpty();
        (await Addresses(cleo)).ShouldBeEmpty();
        (await world.Owner.Delete($"/api/toolkits/{kit.Id}/bring-your-own/{slug}")).Expect(404);
        var why = (await ann.Rest.All($"/api/toolkits/{kit.Id}/tools?includeBlocked=true")).Single(tool => tool.GetProperty("address").GetString() == Own("main", "mail"));
        why.GetProperty("source").GetString().ShouldBe("personal_in_shared");
    }

    [Fact]
    public async Task A_call_is_recorded_with_the_connection_that_it_went_through_and_a_link_with_who_asked_for_it()
    {
        // Only admins read the log, and of personal connections only what is their own.
        ann = await world.NewMember("admin");
        await ConnectAs(ann, "main", "mail");
        await Text(ann, NameOf("main", "mail"));
        await Text(cleo, "connect_" + slug);

        // Records of calls that change nothing reach the log, and its index, after the answer.
        async Task<JsonElement[]> Calls(Rest by, string address) => [.. (await by.All($"/api/audit/events?limit=1000&toolkit={kit.Id}&type=tool_call_completed"))
            .Where(e => e.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object && data.GetProperty("address").GetString() == address)
            .Select(e => e.GetProperty("data"))];
        await World.Eventually(async () => (await Calls(ann.Rest, Own("main", "mail"))).Length == 1, "the record of the call");
        (await Calls(ann.Rest, Own("main", "mail"))).Single().GetProperty("principalId").GetString().ShouldBe(ann.Id);
        (await Calls(world.Owner, Own("main", "mail"))).ShouldBeEmpty("a call of a personal tool belongs to its caller");
        await World.Eventually(async () => (await Calls(world.Owner, ConnectAddress + slug)).Length == 1, "the record of the link");
        var link = (await Calls(world.Owner, ConnectAddress + slug)).Single();
        (link.GetProperty("principalId").GetString(), link.GetProperty("outcome").GetString()).ShouldBe((cleo.Id, "ok"));
    }

    [Theory]
    [InlineData("v1.mjs", null)]
    [InlineData("v2.mjs", "legacy")]
    [InlineData("v2.mjs", "modern")]
    public async Task A_client_that_can_show_pages_is_asked_to_show_the_page(string script, string? era)
    {
        await using var client = await NodeClient.Start(script, era == "modern" ? new { pin = Acceptance.Tests.Mcp.Modern } : era);
        await client.Connect(world.Url(kit.Path), cleo.Token, asks: true);
        var told = await client.Call("connect_" + slug);
        told.IsError.ShouldBeFalse(told.Raw.ToString());
        told.Text.ShouldStartWith("The user was shown the page.");
    }

    [Fact]
    public async Task An_account_that_is_connected_while_the_client_shows_the_page_ends_the_call_as_connected()
    {
        var asked = (await Mcp(ann).Stateless("tools/call", Call("connect_" + slug, null))).Expect(200).Json.GetProperty("result");
        asked.GetProperty("resultType").GetString().ShouldBe("input_required", asked.ToString());
        var question = asked.GetProperty("inputRequests").EnumerateObject().Single();
        question.Value.GetProperty("method").GetString().ShouldBe("elicitation/create");
        question.Value.GetProperty("params").GetProperty("mode").GetString().ShouldBe("url");
        question.Value.GetProperty("params").GetProperty("url").GetString()!.ShouldEndWith($"/connect/{slug}?toolkit={kit.Slug}");
        question.Value.GetProperty("params").TryGetProperty("elicitationId", out _).ShouldBeFalse("2026-07-28 has none");

        await ConnectAs(ann, "main", "mail");
        var retry = Call("connect_" + slug, question.Name);
        retry["requestState"] = asked.GetProperty("requestState").GetString();
        var told = McpClients.ResultOf((await Mcp(ann).Stateless("tools/call", retry)).Expect(200).Json.GetProperty("result"));
        told.Structured!.Value.GetProperty("connected").GetBoolean().ShouldBeTrue(told.Text);
        await Unknown(ann, "connect_" + slug);
    }

    [Fact]
    public async Task Only_admins_declare_and_only_for_shared_toolkits_and_integrations_that_connections_are_made_to()
    {
        (await ann.Rest.Put($"/api/toolkits/{kit.Id}/bring-your-own/{slug}", "")).Expect(403);
        var own = await world.NewToolkit(ann.Rest, "user");
        Code((await ann.Rest.Put($"/api/toolkits/{own.Id}/bring-your-own/{slug}", "")).Expect(409)).ShouldBe("personal-toolkit");
        Code((await world.Owner.Put($"/api/toolkits/{kit.Id}/bring-your-own/nowhere", "")).Expect(404)).ShouldBe("integration-not-found");
        Code((await world.Owner.Put($"/api/toolkits/{kit.Id}/bring-your-own/toolgate", "")).Expect(409)).ShouldBe("builtin-integration");
        (await world.Owner.Put($"/api/toolkits/{own.Id}/bring-your-own/{slug}", "")).Expect(404);

        var again = (await world.Owner.Put($"/api/toolkits/{kit.Id}/bring-your-own/{slug}", "")).Expect(200);
        var before = (await world.Owner.Get($"/api/toolkits/{kit.Id}")).Expect(200);
        again.ETag.ShouldBe(before.ETag, "nothing changed");
        before.Json.GetProperty("toolCount").GetInt32().ShouldBe(1);
        Code((await world.Owner.Put($"/api/toolkits/{kit.Id}/overrides/{ConnectAddress}{slug}", new { title = "Mine" })).Expect(404)).ShouldBe("tool-not-found");
    }

    [Fact]
    public async Task A_declaration_survives_a_restart()
    {
        var fresh = new World();
        await fresh.InitializeAsync();
        try
        {
            await fresh.Notes();
            var toolkit = await fresh.NewToolkit();
            (await fresh.Owner.Put($"/api/toolkits/{toolkit.Id}/bring-your-own/notes", "")).Expect(200);
            await fresh.Server.Restart();
            using var http = fresh.NewHttp(fresh.Server.BaseAddress);
            (await new Mcp(http, toolkit.Path, fresh.Server.OwnerKey).Addresses()).ShouldBe([ConnectAddress + "notes"]);
        }
        finally
        {
            await fresh.DisposeAsync();
        }
    }

    private static JsonObject Call(string name, string? answered)
    {
        var parameters = new JsonObject
        {
            ["name"] = name,
            ["arguments"] = new JsonObject(),
            ["_meta"] = new JsonObject
            {
                ["io.modelcontextprotocol/protocolVersion"] = Acceptance.Tests.Mcp.Modern,
                ["io.modelcontextprotocol/clientCapabilities"] = new JsonObject { ["elicitation"] = new JsonObject { ["url"] = new JsonObject() } },
            },
        };
        if (answered is not null)
        {
            parameters["inputResponses"] = new JsonObject { [answered] = new JsonObject { ["action"] = "accept" } };
        }

        return parameters;
    }

    private static string? Code(Answer problem) => problem.Json.GetProperty("type").GetString()?.Split(':')[^1];

    private string Own(string connection, string tool) => $"{slug}.user.{connection}.{tool}";

    private string NameOf(string connection, string tool) => Acceptance.Tests.Mcp.NameOf(Own(connection, tool));

    private Mcp Mcp(Member member) => world.Mcp(kit.Path, member.Token);

    private Task<IReadOnlyList<string>> Addresses(Member member) => Mcp(member).Addresses();

    private async Task<string> Text(Member member, string name)
        => McpClients.ResultOf((await Mcp(member).Call(name)).Expect(200).Json.GetProperty("result")).Text;

    private async Task Unknown(Member member, string name)
        => (await Mcp(member).Call(name)).Json.GetProperty("error").GetProperty("message").GetString().ShouldBe("Unknown tool: " + name);

    private async Task ConnectAs(Member member, string name, params string[] tools)
    {
        keys[member.Id] = "desk-key-" + Guid.NewGuid().ToString("N");
        desk.Accounts[keys[member.Id]] = tools;
        (await member.Rest.Post("/api/connections", new { owner = "user", integration = slug, name, template = "key", values = new { token = keys[member.Id] } })).Expect(201);

        // A server that does not answer in time, on a busy machine, is read later.
        await World.Eventually(
            async () => (await member.Rest.Get($"/api/connections/user/{slug}/{name}")).Expect(200).Json.GetProperty("toolCount").GetInt32() == tools.Length, "the catalog to be read");
    }

    private async Task Disconnect(Member member)
    {
        foreach (var connection in (await member.Rest.All("/api/connections")).Where(one => one.GetProperty("owner").GetString() == "user" && one.GetProperty("integration").GetString() == slug))
        {
            (await member.Rest.Delete($"/api/connections/user/{slug}/{connection.GetProperty("name").GetString()}")).Expect(204);
        }
    }
}
