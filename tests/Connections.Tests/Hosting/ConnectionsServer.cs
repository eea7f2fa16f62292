using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Hosting;

/// <summary>The whole host with one upstream, for tests that go over HTTP.</summary>
public sealed class ConnectionsServer : IAsyncLifetime
{
    private static int slugs;

    internal ToolgateServer Server { get; private set; } = null!;

    internal Upstream Upstream { get; private set; } = null!;

    internal ApiClient Api => Server.Api;

    public async Task InitializeAsync()
    {
        Upstream = await Upstream.Start(Default);
        Server = await ToolgateServer.Start(Settings);
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    internal static IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["Toolgate:Egress:AllowPrivateNetworks"] = "true",
        ["Toolgate:Calls:Timeout"] = "00:00:02",
        ["Toolgate:Calls:MaxResponseBytes"] = "100000",
        ["Toolgate:Calls:StreamWindow"] = "00:00:00.5",
    };

    internal static RequestDelegate Default => context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync("""{"ok":true}""");
    };

    internal static string NewSlug() => $"tracker-{Interlocked.Increment(ref slugs)}";

    /// <summary>Imports the tracker document inline.</summary>
    internal async Task<string> Import(string? server = null, string extra = "", string security = "", object? authTemplates = null, string? slug = null)
    {
        slug ??= NewSlug();
        await Api.Post("/api/integrations/openapi", new { slug, spec = new { document = Documents.Tracker(server ?? Upstream.Url, extra, security) }, authTemplates }, 201);
        return slug;
    }

    /// <summary>Connects without credentials.</summary>
    internal Task<JsonNode> Connect(string slug, string name = "main", string owner = "org", string template = "none", object? values = null, ApiClient? by = null)
        => (by ?? Api).Post("/api/connections", new { owner, integration = slug, name, template, values }, 201);

    /// <summary>A member of the workspace with a key of its own.</summary>
    internal async Task<(ApiClient Api, string Id)> Member()
    {
        var id = (await Api.Post("/api/members", new { name = "Member", role = "member" }, 201))["id"]!.GetValue<string>();
        var key = (await Api.Post("/api/account/api-keys", new { name = "test", memberId = id }, 201))["value"]!.GetValue<string>();
        return (Api.As(key), id);
    }

    /// <summary>A tool of the newest catalog.</summary>
    internal Tool Find(string address)
    {
        var snapshot = Server.Services.GetRequiredService<IReadModels>().Current;
        return Server.Services.GetRequiredService<ICatalog>().At(snapshot).Org.Single(tool => tool.Address == address);
    }

    /// <summary>Calls a tool as the invoker's users do.</summary>
    internal ValueTask<ToolOutcome> Call(string address, string arguments = "{}", CancellationToken cancellationToken = default)
        => Call(Find(address), arguments, cancellationToken);

    internal ValueTask<ToolOutcome> Call(Tool tool, string arguments = "{}", CancellationToken cancellationToken = default)
        => Server.Services.GetRequiredService<IToolInvoker>().Invoke(
            tool, Encoding.UTF8.GetBytes(arguments), CallClient.Silent(new Principal("usr_test", "Test", Role.Owner, Scopes.All, "key_test")), cancellationToken);
}

/// <summary>Reads outcomes.</summary>
internal static class Outcomes
{
    public static ToolError Error(this ToolOutcome outcome) => outcome.ShouldBeOfType<ToolOutcome.Failed>().Error;

    public static string Text(this ToolOutcome outcome) => outcome.First()["text"]!.GetValue<string>();

    public static JsonNode First(this ToolOutcome outcome) => JsonNode.Parse(outcome.ShouldBeOfType<ToolOutcome.Answered>().Content.Span)!.AsArray().ShouldHaveSingleItem()!;

    public static string Structured(this ToolOutcome outcome) => Encoding.UTF8.GetString(outcome.ShouldBeOfType<ToolOutcome.Answered>().StructuredContent.Span);

    public static string Details(this ToolError error) => Encoding.UTF8.GetString(error.Details.Span);

    public static string? Code(this JsonNode problem) => problem["type"]?.GetValue<string>();

    public static (string? Pointer, string? Code) Fault(this JsonNode problem)
        => (problem["errors"]?[0]?["pointer"]?.GetValue<string>(), problem["errors"]?[0]?["code"]?.GetValue<string>());

    public static string[] Strings(this JsonNode? array) => [.. array!.AsArray().Select(item => item!.GetValue<string>())];
}
