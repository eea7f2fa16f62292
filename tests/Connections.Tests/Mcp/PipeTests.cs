using System.Diagnostics;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.Fixture;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Mcp;

/// <summary>Servers over standard input and output, and over the transport of 2024-11-05.</summary>
public sealed class PipeTests : IAsyncLifetime
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Toolgate.Fixture.dll");
    private static readonly string[] Stdio = [Program, "--stdio"];

    private static readonly object[] Templates =
        [new { slug = "env", kind = "apiKey", placements = new object[] { new { carrier = "env", name = "API_TOKEN" }, new { carrier = "env", name = "REGION", literal = "eu" } } }];

    private ToolgateServer server = null!;

    public async Task InitializeAsync()
    {
        var settings = McpHost.Settings;
        settings["Toolgate:Stdio:AllowedCommands:0"] = "dotnet";
        settings["Toolgate:Stdio:AllowedCommands:1"] = "sleep 60";
        settings["Toolgate:Stdio:AllowedCommands:2"] = "sh";
        settings["Toolgate:Stdio:Path"] = $"{Path.GetDirectoryName(Environment.ProcessPath)}:{Environment.GetEnvironmentVariable("PATH")}";
        settings["Toolgate:Mcp:OpenTimeout"] = "00:00:20";
        server = await ToolgateServer.Start(settings);
    }

    public Task DisposeAsync() => server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_process_is_a_server_with_its_credentials_and_nothing_else_in_its_environment()
    {
        var world = new McpWorld(server);
        var slug = await world.Import(new { transport = "stdio", command = "dotnet", args = Stdio, authTemplates = Templates });
        await world.Connect(slug, "env", new { token = "canary-secret" });

        (await world.Call(slug, "fixture_structured")).Json().ShouldContain("21.50");
        (await world.Call(slug, "fixture_environment", """{"name":"API_TOKEN"}""")).Said().ShouldBe("canary-secret");
        (await world.Call(slug, "fixture_environment", """{"name":"REGION"}""")).Said().ShouldBe("eu");
        foreach (var name in (string[])["USER", "PWD", "LANG", "DOTNET_ROOT", "ConnectionStrings__Toolgate", "LOGNAME"])
        {
            (await world.Call(slug, "fixture_environment", $$"""{"name":"{{name}}"}""")).Said().ShouldBe("(not set)");
        }

        (await world.Call(slug, "fixture_environment", """{"name":"HOME"}""")).Said().ShouldNotBe(Environment.GetEnvironmentVariable("HOME"));
        world.Tool(slug, "fixture_structured").Definition.Access.ShouldBe(ToolAccess.Admins);
    }

    [Fact]
    public async Task What_a_process_says_during_a_call_reaches_its_caller_and_cancellation_the_process()
    {
        var world = new McpWorld(server);
        var slug = await world.Import(new { transport = "stdio", command = "dotnet", args = Stdio });
        await world.Connect(slug);
        var client = new TestClient
        {
            Progress = true,
            Level = "info",
            Declared = """{"elicitation":{}}""",
            Answers = (_, _, _) => Task.FromResult("""{"action":"accept","content":{"username":"ada","email":"a@example.com"}}"""),
        };

        (await world.Call(slug, "test_elicitation", """{"message":"Who?"}""", client)).Json().ShouldContain("ada");
        await world.Call(slug, "test_tool_with_progress", client: client);
        client.Notes.Count(note => note.Method == "notifications/progress").ShouldBe(3);

        using var giveUp = new CancellationTokenSource();
        var waiting = new TaskCompletionSource();
        var patient = new TestClient { Progress = true, Told = _ => waiting.TrySetResult() };
        var call = world.Call(slug, "fixture_wait", client: patient, cancellationToken: giveUp.Token).AsTask();
        await waiting.Task;
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(call);
        (await world.Call(slug, "test_simple_text", client: patient)).ShouldBeOfType<ToolOutcome.Relayed>();
    }

    [Fact]
    public async Task Processes_end_with_their_connection_and_take_their_children_along()
    {
        var world = new McpWorld(server);
        var mark = $"child-{Guid.NewGuid():N}";
        var slug = await world.Import(new { transport = "stdio", command = "sh", args = new[] { "-c", $"sh -c 'sleep 300; :' {mark} & exec dotnet {Program} --stdio {mark}" } });
        await world.Connect(slug);
        await world.Call(slug, "test_simple_text");
        Marked(mark).Count.ShouldBeGreaterThan(1);

        await server.Api.Delete($"/api/connections/org/{slug}/main", 204);

        await Patience.Until(() => Marked(mark).Count == 0, "the end of the processes");
        world.Get<StdioLauncher>().Running.ShouldBe(0);
    }

    [Fact]
    public async Task A_process_that_dies_is_started_again_at_the_next_call()
    {
        var world = new McpWorld(server);
        var mark = $"mortal-{Guid.NewGuid():N}";
        var slug = await world.Import(new { transport = "stdio", command = "dotnet", args = (string[])[.. Stdio, mark] });
        await world.Connect(slug);
        var client = new TestClient { Progress = true, Told = _ => Marked(mark).ForEach(id => Process.GetProcessById(id).Kill()) };

        (await world.Call(slug, "fixture_wait", client: client)).Failure().Code.ShouldBe("upstream_unavailable");
        await Patience.Until(() => world.Get<StdioLauncher>().Running == 0, "the end of the process");
        (await world.Call(slug, "test_simple_text")).ShouldBeOfType<ToolOutcome.Relayed>();
    }

    [Theory]
    [InlineData("echo not json; exec sleep 60")]
    [InlineData("yes not json")]
    [InlineData("exit 3")]
    [InlineData("head -c 500000 /dev/zero; exec sleep 60")]
    public async Task A_process_that_is_no_server_has_no_tools_and_is_not_waited_for_longer_than_allowed(string script)
    {
        var world = new McpWorld(server);
        var slug = await world.Import(new { transport = "stdio", command = "sh", args = new[] { "-c", script } });

        await world.Connect(slug);

        world.Tools(slug).ShouldBeEmpty();
        await Patience.Until(() => world.Get<StdioLauncher>().Running == 0, "the end of the process");
    }

    [Theory]
    [InlineData("bash", new[] { "-c", "true" })]
    [InlineData("sleep", new[] { "61" })]
    [InlineData("/bin/sh", new[] { "-c", "true" })]
    public async Task A_command_that_the_operator_did_not_name_is_refused(string command, string[] args)
    {
        var problem = await server.Api.Post("/api/integrations/mcp", new { slug = "refused", transport = "stdio", command, args }, 422);
        problem.Code().ShouldBe("urn:toolgate:problem:command-not-allowed");
    }

    [Fact]
    public async Task Only_admins_make_integrations_and_connections_that_are_processes()
    {
        var world = new McpWorld(server);
        var slug = await world.Import(new { transport = "stdio", command = "dotnet", args = Stdio });
        var id = (await server.Api.Post("/api/members", new { name = "Member", role = "member" }, 201))["id"]!.GetValue<string>();
        var member = server.Api.As((await server.Api.Post("/api/account/api-keys", new { name = "test", memberId = id }, 201))["value"]!.GetValue<string>());

        await member.Post("/api/integrations/mcp", new { slug = "mine", transport = "stdio", command = "dotnet", args = Stdio }, 403);
        await member.Post("/api/connections", new { owner = "user", integration = slug, name = "mine", template = "none" }, 403);
    }

    [Theory]
    [InlineData("LD_PRELOAD")]
    [InlineData("PATH")]
    [InlineData("NODE_OPTIONS")]
    [InlineData("1A")]
    [InlineData("A-B")]
    public async Task A_variable_that_steers_programs_is_refused(string name)
    {
        object[] templates = [new { slug = "env", kind = "apiKey", placements = new[] { new { carrier = "env", name } } }];
        var problem = await server.Api.Post("/api/integrations/mcp", new { slug = "refused", transport = "stdio", command = "dotnet", args = Stdio, authTemplates = templates }, 422);
        problem.Fault().Code.ShouldBe("invalid_variable_name");
    }

    [Fact]
    public async Task The_transport_of_2024_is_spoken_too()
    {
        await using var upstream = await FixtureServer.Start();
        var world = new McpWorld(server);
        var slug = await world.Import(new { transport = "sse", url = upstream.SseUrl });
        await world.Connect(slug);
        var client = new TestClient
        {
            Progress = true,
            Declared = """{"elicitation":{}}""",
            Answers = (_, _, _) => Task.FromResult("""{"action":"accept","content":{"username":"ada","email":"a@example.com"}}"""),
        };

        (await world.Call(slug, "fixture_structured", client: client)).Json().ShouldContain("21.50");
        (await world.Call(slug, "test_elicitation", """{"message":"Who?"}""", client)).Json().ShouldContain("ada");
        await world.Call(slug, "test_tool_with_progress", client: client);
        client.Notes.Count(note => note.Method == "notifications/progress").ShouldBe(3);
        upstream.Requests.Last("tools/call").Path.ShouldBe("/messages");
    }

    [Fact]
    public async Task A_stream_that_sends_messages_elsewhere_gets_none()
    {
        await using var other = await Upstream.Start(_ => Task.CompletedTask);
        await using var upstream = await Upstream.Start(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, $"event: endpoint\ndata: {other.Url}/messages\n\n");
        });
        var world = new McpWorld(server);
        var slug = await world.Import(new { transport = "sse", url = upstream.Url + "/sse" });

        await world.Connect(slug);

        other.Requests.ShouldBeEmpty();
    }

    /// <summary>Processes of this machine whose command line holds a mark.</summary>
    private static List<int> Marked(string mark) => [.. Directory.GetDirectories("/proc").Where(folder =>
    {
        try
        {
            return int.TryParse(Path.GetFileName(folder), out _) && File.ReadAllText(Path.Combine(folder, "cmdline")).Contains(mark, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }).Select(folder => int.Parse(Path.GetFileName(folder), System.Globalization.CultureInfo.InvariantCulture))];
}
