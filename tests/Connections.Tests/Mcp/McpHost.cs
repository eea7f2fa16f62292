using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Mcp;

/// <summary>The whole host, for tests with upstream MCP servers.</summary>
public sealed class McpHost : IAsyncLifetime
{
    private ToolgateServer server = null!;

    internal McpWorld World => new(server);

    internal static Dictionary<string, string> Settings => new()
    {
        ["Toolgate:Egress:AllowPrivateNetworks"] = "true",
        ["Toolgate:Calls:Timeout"] = "00:00:20",
        ["Toolgate:Calls:MaxResponseBytes"] = "400000",
        ["Toolgate:Mcp:OpenTimeout"] = "00:00:10",
        ["Toolgate:Mcp:FollowCatalogs"] = "false",
        ["Toolgate:Mcp:Debounce"] = "00:00:00.010",
    };

    public async Task InitializeAsync() => server = await ToolgateServer.Start(Settings);

    public async Task DisposeAsync() => await server.DisposeAsync();
}

/// <summary>What tests do with a host.</summary>
internal sealed class McpWorld(ToolgateServer server)
{
    private static int slugs;

    public ApiClient Api => server.Api;

    /// <summary>Registers a server.</summary>
    public Task<string> Import(string url, object? authTemplates = null, string transport = "http") => Import(new { url, authTemplates, transport });

    /// <summary>Registers a server and connects to it without credentials.</summary>
    public async Task<string> Connected(string url, string transport = "http")
    {
        var slug = await Import(url, transport: transport);
        await Connect(slug);
        return slug;
    }

    public Task<JsonNode> Connect(string slug, string template = "none", object? values = null, string owner = "org", string name = "main", ApiClient? by = null)
        => (by ?? Api).Post("/api/connections", new { owner, integration = slug, name, template, values }, 201);

    /// <summary>The tools of a slug now.</summary>
    public IReadOnlyList<Tool> Tools(string slug) => [.. Catalog.Org.Where(tool => tool.Integration == slug)];

    public Tool Tool(string slug, string name) => Tools(slug).Single(tool => tool.Definition.Name == name);

    public UpstreamOffer? Offer(string slug) => Catalog.OrgOffers.SingleOrDefault(offer => offer.Upstream.Integration == slug);

    public ValueTask<ToolOutcome> Call(string slug, string tool, string arguments = "{}", CallClient? client = null, CancellationToken cancellationToken = default)
        => server.Services.GetRequiredService<IToolInvoker>().Invoke(Tool(slug, tool), Encoding.UTF8.GetBytes(arguments), client ?? new TestClient(), cancellationToken);

    public T Get<T>()
        where T : notnull
        => server.Services.GetRequiredService<T>();

    private ToolCatalog Catalog => Get<ICatalog>().At(Get<IReadModels>().Current);

    public async Task<string> Import(object body)
    {
        var slug = $"server-{Interlocked.Increment(ref slugs)}";
        var node = System.Text.Json.JsonSerializer.SerializeToNode(body)!.AsObject();
        node["slug"] = slug;
        await Api.Post("/api/integrations/mcp", node, 201);
        return slug;
    }
}

/// <summary>A client that remembers what it was told and answers as the test says.</summary>
internal sealed class TestClient(string id = "usr_test") : CallClient(new Principal(id, "Test", Role.Owner, Scopes.All, "key_canary-of-the-caller"))
{
    private readonly List<(string Method, string Params)> notes = [];

    public string Declared { get; init; } = "{}";

    public string Sent { get; init; } = "";

    public bool Stateless { get; init; }

    public bool Progress { get; init; }

    public string? Level { get; init; }

    public string Responses { get; init; } = "";

    public string State { get; init; } = "";

    public Func<string, string, CancellationToken, Task<string>>? Answers { get; init; }

    /// <summary>Told of each notification as it comes.</summary>
    public Action<string>? Told { get; init; }

    public IReadOnlyList<(string Method, string Params)> Notes
    {
        get
        {
            lock (notes)
            {
                return [.. notes];
            }
        }
    }

    public override ReadOnlyMemory<byte> Capabilities => Encoding.UTF8.GetBytes(Declared);

    public override ReadOnlyMemory<byte> Params => Encoding.UTF8.GetBytes(Sent);

    public override bool IsStateless => Stateless;

    public override bool WantsProgress => Progress;

    public override string? LogLevel => Level;

    public override bool CanAsk => Answers is not null;

    public override ReadOnlyMemory<byte> InputResponses => Encoding.UTF8.GetBytes(Responses);

    public override ReadOnlyMemory<byte> UpstreamState => Encoding.UTF8.GetBytes(State);

    public override ValueTask Notify(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
    {
        lock (notes)
        {
            notes.Add((method, Encoding.UTF8.GetString(parameters.Span)));
        }

        Told?.Invoke(method);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<ClientAnswer> Ask(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
        => new(Encoding.UTF8.GetBytes(await Answers!(method, Encoding.UTF8.GetString(parameters.Span), cancellationToken)), default);
}

/// <summary>Reads outcomes of MCP servers.</summary>
internal static class McpOutcomes
{
    public static string Json(this ToolOutcome outcome) => Encoding.UTF8.GetString(outcome.ShouldBeOfType<ToolOutcome.Relayed>(outcome.ToString()).Result.Span);

    public static JsonNode Node(this ToolOutcome outcome) => JsonNode.Parse(outcome.Json())!;

    public static string Said(this ToolOutcome outcome) => outcome.Node()["content"]![0]!["text"]!.GetValue<string>();

    public static ToolError Failure(this ToolOutcome outcome) => outcome.ShouldBeOfType<ToolOutcome.Failed>(outcome.ToString()).Error;

    public static ToolOutcome.Rejected Refusal(this ToolOutcome outcome) => outcome.ShouldBeOfType<ToolOutcome.Rejected>(outcome.ToString());
}
