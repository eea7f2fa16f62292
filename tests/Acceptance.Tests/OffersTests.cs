using System.Text.Json;
using Toolgate.Fixture;

namespace Toolgate.Acceptance.Tests;

/// <summary>Resources, prompts, completion and subscriptions of a real MCP server, through the whole host, with the official clients in both eras.</summary>
public sealed class OffersTests(World world) : IClassFixture<World>
{
    public static TheoryData<string, Eras> Pairings => new()
    {
        { McpClients.TypeScriptOne, Eras.Legacy },
        { McpClients.TypeScriptOne, Eras.Modern },
        { McpClients.TypeScriptTwoLegacy, Eras.Legacy },
        { McpClients.TypeScriptTwoModern, Eras.Legacy },
        { McpClients.TypeScriptTwoModern, Eras.Modern },
    };

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task What_a_server_offers_reaches_an_official_client(string name, Eras era)
    {
        await using var server = await FixtureServer.Start();
        server.Behaviour.Eras = era;
        var (slug, kit, agent) = await Granted(server);
        await using var client = (NodeClient)await McpClients.Connect(name, world.Url(kit.Path), agent.Token);

        var capabilities = await client.Command("capabilities");
        capabilities.GetProperty("resources").GetProperty("subscribe").GetBoolean().ShouldBeTrue();
        capabilities.GetProperty("prompts").GetProperty("listChanged").GetBoolean().ShouldBeTrue();
        capabilities.TryGetProperty("completions", out _).ShouldBeTrue();

        Values(await client.Command("resources"), "uri").ShouldContain("test://static-text");
        Values(await client.Command("templates"), "uriTemplate").ShouldBe(["test://template/{id}/data"]);
        var prompts = Values(await client.Command("prompts"), "name");
        var prompt = prompts.Single(prompt => prompt == $"{slug}__org__main__test_prompt_with_arguments");

        Text(await client.Command("read", new { uri = "test://static-text" })).ShouldBe("This is the content of the static text resource.");
        Text(await client.Command("read", new { uri = "test://template/7/data" })).ShouldContain("Data for ID: 7");
        Text(await client.Command("read", new { uri = $"toolgate://{slug}.org.main/test://template/8/data" })).ShouldContain("Data for ID: 8");
        (await client.Command("prompt", new { name = prompt, arguments = new { arg1 = "one", arg2 = "two" } })).ToString().ShouldContain("arg1='one', arg2='two'");
        (await client.Command("complete", new { @ref = new { type = "ref/prompt", name = prompt }, argument = new { name = "arg1", value = "t" } }))
            .GetProperty("completion").GetProperty("values").ValueKind.ShouldBe(JsonValueKind.Array);
        var unknown = await Should.ThrowAsync<RefusedException>(() => client.Command("prompt", new { name = "test_prompt_with_arguments" }));
        unknown.Code.ShouldBe(-32602);

        // Records of what changes nothing are written a moment after the answer.
        await Recorded($"&type=resource_read&actor={agent.Id}&toolkit={kit.Id}&address={slug}.org.main.resources&outcome=ok", 3);
        await Recorded($"&type=prompt_fetched&actor={agent.Id}&address={slug}.*", 1);
        await Recorded($"&type=prompt_fetch_denied&actor={agent.Id}&outcome=unknown_prompt", 1);
        await client.Close();
    }

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task A_client_is_told_when_a_resource_or_a_list_of_its_server_changes(string name, Eras era)
    {
        await using var server = await FixtureServer.Start();
        server.Behaviour.Eras = era;
        var (_, kit, agent) = await Granted(server);
        await using var client = (NodeClient)await McpClients.Connect(name, world.Url(kit.Path), agent.Token);
        if (!McpClients.IsModern(name))
        {
            await client.Listen();
        }

        await client.Command("follow", new { uri = "test://watched-resource" });

        // The gateway subscribes in its own time: what it does not know of yet it cannot be told of.
        var updates = client.Command("updates", new { count = 1 });
        await World.Eventually(
            () =>
            {
                server.UpdateResource("test://watched-resource");
                return Task.FromResult(updates.IsCompleted);
            },
            "the update of a resource that is followed");
        (await updates)[0].GetString().ShouldBe("test://watched-resource");

        var changes = client.Command("offerChanges", new { count = 1 });
        await World.Eventually(
            () =>
            {
                server.Catalog.Prompts.Redefine("test_simple_prompt", prompt => prompt["description"] = "Another one");
                return Task.FromResult(changes.IsCompleted);
            },
            "the change of a list");
        await changes;
        (await client.Command("prompts")).ToString().ShouldContain("Another one");
        await client.Close();
    }

    [Fact]
    public async Task With_upstream_names_one_server_is_exposed_under_its_own_words()
    {
        await using var server = await FixtureServer.Start();
        var (_, kit, agent) = await Granted(server);
        (await world.Owner.Patch($"/api/toolkits/{kit.Id}", new { names = "upstream" })).Expect(200);
        await using var client = (NodeClient)await McpClients.Connect(McpClients.TypeScriptTwoModern, world.Url(kit.Path), agent.Token);
        Values(await client.Command("prompts"), "name").ShouldBe(server.Catalog.Prompts.All.Select(prompt => prompt.Key), ignoreOrder: true);
        Values(await client.Command("resources"), "uri").ShouldBe(server.Catalog.Resources.All.Select(resource => resource.Key), ignoreOrder: true);
        (await client.Command("prompt", new { name = "test_simple_prompt" })).ToString().ShouldContain("This is a simple prompt for testing.");
        await client.Close();
    }

    [Fact]
    public async Task What_is_blocked_or_not_granted_is_offered_to_nobody_and_answered_like_what_never_was()
    {
        await using var server = await FixtureServer.Start();
        var (slug, kit, agent) = await Granted(server);
        await using var client = (NodeClient)await McpClients.Connect(McpClients.TypeScriptOne, world.Url(kit.Path), agent.Token);
        Values(await client.Command("prompts"), "name").ShouldNotBeEmpty();

        await world.Rule(kit, $"{slug}.org.main.resources", "block");
        await world.Rule(kit, $"{slug}.org.main.prompts", "require_approval");
        Values(await client.Command("resources"), "uri").ShouldBeEmpty();
        Values(await client.Command("prompts"), "name").ShouldBeEmpty();
        var blocked = await Should.ThrowAsync<RefusedException>(() => client.Command("read", new { uri = "test://static-text" }));
        var never = await Should.ThrowAsync<RefusedException>(() => client.Command("read", new { uri = "test://never-made-it" }));
        (blocked.Code, blocked.Message).ShouldBe((never.Code, never.Message));
        server.Requests.Count("resources/read").ShouldBe(0);
        await client.Close();
    }

    private Task Recorded(string query, int count)
        => World.Eventually(async () => (await world.Events(query)).Count == count, $"{count} events of {query}");

    /// <summary>A toolkit that grants everything of a server, and somebody who may use it.</summary>
    private async Task<(string Slug, Toolkit Kit, Member Agent)> Granted(FixtureServer server)
    {
        var slug = world.Unique("server");
        (await world.Owner.Post("/api/integrations/mcp", new { slug, transport = "http", url = server.Url })).Expect(201);
        (await world.Owner.Post("/api/connections", new { owner = "org", integration = slug, name = "main", template = "none" })).Expect(201);
        return (slug, await world.NewToolkit($"{slug}.*"), await world.NewMember("member", "tools:invoke"));
    }

    private static string[] Values(JsonElement list, string member) => [.. list.EnumerateArray().Select(entry => entry.GetProperty(member).GetString()!)];

    private static string Text(JsonElement read) => read.GetProperty("contents")[0].GetProperty("text").GetString()!;
}
