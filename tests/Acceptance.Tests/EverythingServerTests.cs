using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>The official example server through Toolgate, over HTTP and as a process, with the official clients: all that it offers makes the round trip.</summary>
public sealed class EverythingServerTests : IAsyncLifetime
{
    // It can be called only as a task, which is a conversation of its own that Toolgate does not relay and does not offer.
    private const string NeedsTasks = "simulate-research-query";

    /// <summary>For each tool: what it is called with, and what its result must hold.</summary>
    private static readonly Dictionary<string, (string Arguments, string[] Result)> Calls = new(StringComparer.Ordinal)
    {
        ["echo"] = ("""{"message":"Grüße \u2028"}""", ["Echo: Grüße"]),
        ["get-annotated-message"] = ("""{"messageType":"error","includeImage":true}""", ["\"annotations\"", "\"priority\"", "\"image/png\""]),
        ["get-env"] = ("{}", ["PATH"]),
        ["get-resource-links"] = ("""{"count":3}""", ["\"resource_link\"", "demo://resource/dynamic/"]),
        ["get-resource-reference"] = ("""{"resourceType":"Blob","resourceId":2}""", ["\"resource\"", "demo://resource/dynamic/blob/2", "\"blob\""]),
        ["get-structured-content"] = ("""{"location":"Chicago"}""", ["\"structuredContent\"", "\"temperature\"", "\"humidity\""]),
        ["get-sum"] = ("""{"a":1.5,"b":2}""", ["3.5"]),
        ["get-tiny-image"] = ("{}", ["\"image\"", "\"image/png\""]),
        ["gzip-file-as-resource"] = ("""{"name":"hello.gz","data":"data:text/plain,hello","outputType":"resource"}""", ["application/gzip", "H4sI"]),
        ["toggle-simulated-logging"] = ("{}", ["Started simulated, random-leveled logging"]),
        ["toggle-subscriber-updates"] = ("{}", ["Started simulated resource updated notifications"]),
        ["trigger-long-running-operation"] = ("""{"duration":6,"steps":4}""", ["Long running operation completed"]),
        ["trigger-sampling-request"] = ("""{"prompt":"Say something","maxTokens":10}""", ["Sampled by the client"]),
        ["trigger-elicitation-request"] = ("{}", ["User provided the requested information", "Ada Lovelace"]),
        ["trigger-url-elicitation"] = ("""{"url":"https://example.com/flow"}""", ["User completed the URL elicitation flow"]),
        ["get-roots-list"] = ("{}", ["Home of Ada", "file:///home/ada"]),
    };

    private static readonly Dictionary<string, object?> Prompts = new(StringComparer.Ordinal)
    {
        ["simple-prompt"] = null,
        ["args-prompt"] = new { city = "Oslo", state = "Oslo" },
        ["completable-prompt"] = new { department = "Sales", name = "Eve" },
        ["resource-prompt"] = new { resourceType = "Text", resourceId = "3" },
    };

    private readonly string mark = $"everything-{Guid.NewGuid():N}";
    private EverythingServer everything = null!;
    private ToolgateServer gateway = null!;

    public static TheoryData<string, string> Pairings => new()
    {
        { "http", McpClients.TypeScriptOne },
        { "http", McpClients.TypeScriptTwoLegacy },
        { "http", McpClients.TypeScriptTwoModern },
        { "stdio", McpClients.TypeScriptOne },
        { "stdio", McpClients.TypeScriptTwoLegacy },
        { "stdio", McpClients.TypeScriptTwoModern },
    };

    public async Task InitializeAsync()
    {
        everything = await EverythingServer.Start();
        var settings = World.Settings;
        settings["Toolgate:Stdio:AllowedCommands:0"] = "node";
        settings["Toolgate:Stdio:Path"] = $"{Path.GetDirectoryName(NodePackages.Node)}:{Environment.GetEnvironmentVariable("PATH")}".TrimStart(':');
        settings["Toolgate:Mcp:OpenTimeout"] = "00:01:00";
        gateway = await ToolgateServer.Start(settings);
    }

    public async Task DisposeAsync()
    {
        if (gateway is not null)
        {
            await gateway.DisposeAsync();
        }

        await everything.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task All_that_the_example_server_offers_makes_the_round_trip(string transport, string name)
    {
        await using var client = (NodeClient)await McpClients.Start(name);
        await client.Connect(await Granted(transport), gateway.OwnerKey, asks: true);

        await NothingIsLost(client);
        await client.Command("level", new { level = "debug" });
        await client.Command("follow", new { uri = "demo://resource/dynamic/text/1" });
        foreach (var (tool, (arguments, expected)) in Calls)
        {
            var said = await Converse(client, tool, arguments);
            var result = said.GetProperty("result");
            var text = result.GetRawText();
            foreach (var part in expected)
            {
                text.ShouldContain(part, Case.Sensitive, tool);
            }

            (result.TryGetProperty("isError", out var error) && error.GetBoolean()).ShouldBeFalse($"{tool}: {text}");
            if (tool == "trigger-long-running-operation")
            {
                said.GetProperty("progress").ToString().ShouldBe("[[1,4],[2,4],[3,4],[4,4]]");

                // One each five seconds since it was switched on, which this call is longer than.
                said.GetProperty("messages").EnumerateArray().ShouldNotBeEmpty();
            }
        }

        (await client.Command("updates", new { count = 1 }))[0].GetString().ShouldBe("demo://resource/dynamic/text/1");
        (await Refusal(client, NeedsTasks, """{"topic":"tasks"}""")).ShouldContain("requires task");
        await ResourcesAreRead(client);
        await PromptsAreGot(client);
        await client.Close();

        if (transport == "stdio")
        {
            Processes().ShouldBeGreaterThan(0);
            await gateway.Stop();
            await World.Eventually(() => Task.FromResult(Processes() == 0), "the end of the processes");
        }
    }

    /// <summary>What a client sees that talks to the server itself is what it sees through Toolgate.</summary>
    private async Task NothingIsLost(NodeClient client)
    {
        await using var direct = (NodeClient)await McpClients.Start(McpClients.TypeScriptOne);
        await direct.Connect(everything.Url, null, asks: true);
        foreach (var (list, key) in (IEnumerable<(string, string)>)[("list", "name"), ("resources", "uri"), ("templates", "uriTemplate"), ("prompts", "name")])
        {
            var offered = Keys(await direct.Command(list), key);
            offered.ShouldNotBeEmpty();
            Keys(await client.Command(list), key).ShouldBe(offered, ignoreOrder: true);
            if (list == "list")
            {
                offered.ShouldBe([.. Calls.Keys, NeedsTasks], ignoreOrder: true);
            }
        }

        await direct.Close();
    }

    private static async Task ResourcesAreRead(NodeClient client)
    {
        foreach (var uri in Keys(await client.Command("resources"), "uri"))
        {
            (await client.Command("read", new { uri })).GetProperty("contents")[0].GetProperty("text").GetString()!.Length.ShouldBeGreaterThan(100, uri);
        }

        foreach (var template in Keys(await client.Command("templates"), "uriTemplate"))
        {
            var uri = template.Replace("{resourceId}", "7", StringComparison.Ordinal);
            var contents = (await client.Command("read", new { uri })).GetProperty("contents")[0];
            contents.GetProperty("uri").GetString().ShouldBe(uri);
            contents.TryGetProperty(template.Contains("/blob/", StringComparison.Ordinal) ? "blob" : "text", out _).ShouldBeTrue(template);
            (await Completed(client, new { type = "ref/resource", uri = template }, "resourceId", "7")).ShouldBe(["7"]);
        }
    }

    private static async Task PromptsAreGot(NodeClient client)
    {
        var prompts = Keys(await client.Command("prompts"), "name");
        prompts.ShouldBe(Prompts.Keys, ignoreOrder: true);
        foreach (var prompt in prompts)
        {
            (await client.Command("prompt", new { name = prompt, arguments = Prompts[prompt] })).GetProperty("messages").EnumerateArray().ShouldNotBeEmpty();
        }

        (await client.Command("prompt", new { name = "resource-prompt", arguments = Prompts["resource-prompt"] })).ToString().ShouldContain("demo://resource/dynamic/text/3");
        (await Completed(client, new { type = "ref/prompt", name = "completable-prompt" }, "department", "S")).ShouldBe(["Sales", "Support"]);
    }

    private static async Task<string[]> Completed(NodeClient client, object reference, string argument, string value)
        => [.. (await client.Command("complete", new { @ref = reference, argument = new { name = argument, value } }))
            .GetProperty("completion").GetProperty("values").EnumerateArray().Select(found => found.GetString()!)];

    private static Task<JsonElement> Converse(NodeClient client, string tool, string arguments)
        => client.Command("converse", new { name = tool, arguments = JsonNode.Parse(arguments) });

    /// <summary>Why a tool cannot be called: this client says it by itself, or the server does.</summary>
    private static async Task<string> Refusal(NodeClient client, string tool, string arguments)
    {
        try
        {
            var result = (await Converse(client, tool, arguments)).GetProperty("result");
            result.GetProperty("isError").GetBoolean().ShouldBeTrue();
            return result.GetRawText();
        }
        catch (RefusedException refused)
        {
            return refused.Message;
        }
    }

    private static string[] Keys(JsonElement list, string key) => [.. list.EnumerateArray().Select(entry => entry.GetProperty(key).GetString()!)];

    /// <summary>Registers the server, connects to it and grants it under its own names; returns the toolkit's URL.</summary>
    private async Task<string> Granted(string transport)
    {
        var registered = transport == "http"
            ? (object)new { slug = "everything", transport, url = everything.Url }
            : new { slug = "everything", transport, command = "node", args = new[] { await EverythingServer.Script, "stdio", mark } };
        await gateway.Api.Post("/api/integrations/mcp", registered, 201);
        await gateway.Api.Post("/api/connections", new { owner = "org", integration = "everything", name = "main", template = "none" }, 201);
        var toolkit = await gateway.Api.Post("/api/toolkits", new { owner = "org", name = "Everything", slug = "everything", names = "upstream" }, 201);
        await gateway.Api.Post($"/api/toolkits/{toolkit["id"]}/connections", new { pattern = "everything.org.main.*" }, 201);
        await gateway.Api.Post($"/api/toolkits/{toolkit["id"]}/policies", new { pattern = "everything.*", action = "approve" }, 201);
        return new Uri(gateway.BaseAddress, "/mcp/toolkits/everything").ToString();
    }

    /// <summary>How many processes run that Toolgate started for this test.</summary>
    private int Processes() => Directory.GetDirectories("/proc").Count(folder =>
    {
        try
        {
            return int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _)
                && File.ReadAllText(Path.Combine(folder, "cmdline")).Contains(mark, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });
}
