using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;
using Toolgate.Toolkits;

namespace Toolgate.Sessions.Tests;

/// <summary>What reached an MCP server.</summary>
internal sealed record ServerRequest(Upstream Upstream, string Method, string Params, string ClientParams, string PoolKey, bool IsStateless, CallClient Client);

/// <summary>The MCP servers of a test: they answer what it says, and tell of resources when it says so.</summary>
internal sealed class Servers
{
    private readonly ConcurrentDictionary<Subscription, bool> subscriptions = new();

    /// <summary>How a server answers; by default with what it was asked.</summary>
    public Func<ServerRequest, CancellationToken, Task<ToolOutcome>> Answer { get; set; } = (request, _) => Task.FromResult(Result(request.Params));

    public ConcurrentQueue<ServerRequest> Requests { get; } = new();

    public IEnumerable<Subscription> Subscriptions => subscriptions.Keys;

    public static ToolOutcome Result(string json) => new ToolOutcome.Relayed(Encoding.UTF8.GetBytes(json), IsError: false);

    public async ValueTask<ToolOutcome> Request(
        Upstream upstream, string method, ReadOnlyMemory<byte> parameters, CallClient client, CancellationToken cancellationToken)
    {
        var request = new ServerRequest(
            upstream, method, Encoding.UTF8.GetString(parameters.Span), Encoding.UTF8.GetString(client.Params.Span), client.PoolKey, client.IsStateless, client);
        Requests.Enqueue(request);
        return await Answer(request, cancellationToken);
    }

    public IDisposable OnResourceUpdated(Upstream upstream, string poolKey, ReadOnlyMemory<byte> capabilities, string uri, Action<ReadOnlyMemory<byte>> updated)
    {
        var subscription = new Subscription(upstream, poolKey, uri, updated, gone => subscriptions.TryRemove(gone, out _));
        subscriptions.TryAdd(subscription, true);
        return subscription;
    }

    internal sealed class Subscription(Upstream upstream, string poolKey, string uri, Action<ReadOnlyMemory<byte>> updated, Action<Subscription> gone) : IDisposable
    {
        public Upstream Upstream => upstream;

        public string PoolKey => poolKey;

        public string Uri => uri;

        public Action<ReadOnlyMemory<byte>> Updated => updated;

        public void Dispose() => gone(this);
    }
}

/// <summary>Offers and views made by hand.</summary>
internal static class Offers
{
    public const ServerFeatures All
        = ServerFeatures.Resources | ServerFeatures.Subscribe | ServerFeatures.Prompts | ServerFeatures.Completions | ServerFeatures.Logging;

    public static Upstream Docs { get; } = new("docs", Owner.Org, "main");

    public static Upstream Wiki { get; } = new("wiki", Owner.Org, "main");

    /// <summary>Two servers: <c>docs</c> does everything; <c>wiki</c> neither tells of changes nor completes, and lists one URI that <c>docs</c> lists, too.</summary>
    public static OfferView Two { get; } = TwoWith(Item(Docs, "docs_org_main_review", "review"), Item(Wiki, "wiki_org_main_sum", "sum"));

    /// <summary>The same with other prompts.</summary>
    public static OfferView TwoWith(params ViewItem[] prompts) => Of(
        [Item(Docs, "docs://a"), Item(Wiki, "wiki://a"), Item(Docs, "toolgate://docs.org.main/both://x", "both://x"), Item(Wiki, "toolgate://wiki.org.main/both://x", "both://x")],
        [Item(Docs, "docs://{id}")], prompts);

    /// <summary>One server with these resources.</summary>
    public static OfferView One(params string[] uris) => Of([.. uris.Select(uri => Item(Docs, uri))], [], []);

    public static OfferView Of(ViewItem[] resources, ViewItem[] templates, ViewItem[] prompts)
    {
        var (resourcesJson, templatesJson, promptsJson) = (Json("uri", resources), Json("uriTemplate", templates), Json("name", prompts));
        var readable = resources.Concat(templates).Select(item => item.Server).Distinct().OrderBy(server => server.Address, StringComparer.Ordinal).ToArray();
        var prompting = prompts.Select(item => item.Server).Distinct().ToArray();
        return new OfferView
        {
            Readable = [.. readable],
            Prompting = [.. prompting],
            Features = readable.Concat(prompting).Aggregate(ServerFeatures.None, (all, server) => all | server.Features),
            Resources = resources.ToFrozenDictionary(item => item.Key, StringComparer.Ordinal),
            Templates = [.. templates],
            Prompts = prompts.ToFrozenDictionary(item => item.Key, StringComparer.Ordinal),
            ResourcesJson = resourcesJson,
            TemplatesJson = templatesJson,
            PromptsJson = promptsJson,
            ResourcesDigest = Convert.ToHexString(SHA256.HashData([.. resourcesJson, .. templatesJson])),
            PromptsDigest = Convert.ToHexString(SHA256.HashData(promptsJson)),
        };
    }

    public static ToolView View(string? slug, OfferView offers, params ViewTool[] tools)
    {
        var view = Tools.View(slug, slug is null ? null : "tk_" + slug, tools);
        return new ToolView
        {
            Resource = view.Resource,
            ToolkitId = view.ToolkitId,
            Name = view.Name,
            Position = view.Position,
            Tools = view.Tools,
            ByName = view.ByName,
            ByAddress = view.ByAddress,
            ToolsJson = view.ToolsJson,
            EntryOffsets = view.EntryOffsets,
            ListDigest = view.ListDigest,
            Instructions = view.Instructions,
            Offers = offers,
        };
    }

    public static ViewItem Item(Upstream upstream, string key, string? upstreamKey = null, ToolAccess access = ToolAccess.Anyone, DecisionSource source = DecisionSource.Toolkit)
    {
        var features = upstream == Docs ? All : ServerFeatures.Resources | ServerFeatures.Prompts;
        var kind = key.Contains("://", StringComparison.Ordinal) ? "resources" : "prompts";
        return new ViewItem(
            new ViewServer(upstream, $"{upstream.Address}.{kind}", new AccessDecision(PolicyAction.Approve, source, "tkpol_1"), features) { Access = access },
            key, upstreamKey ?? key);
    }

    private static byte[] Json(string member, ViewItem[] items)
        => Encoding.UTF8.GetBytes("[" + string.Join(',', items.Select(item => $$"""{"{{member}}": {{JsonSerializer.Serialize(item.Key)}}}""")) + "]");
}
