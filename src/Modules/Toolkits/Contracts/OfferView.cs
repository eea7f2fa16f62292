using System.Collections.Frozen;
using System.Collections.Immutable;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>
/// Resources and prompts of one resource for one principal, decided and rendered. Immutable. Reading is approved by default; what a rule blocks or wants
/// approved is left out, because there is nobody to ask while a list is read. A connection's resources stand in rules and grants under
/// <c>integration.owner.connection.resources</c>, its prompts under <c>integration.owner.connection.prompts</c>.
/// </summary>
public sealed class OfferView
{
    private ResourceRoutes? routes;

    /// <summary>Nothing is offered.</summary>
    public static OfferView Nothing { get; } = OfferCompiler.Empty();

    /// <summary>Servers whose resources are visible, ordered by address; a server may be here without a resource on its list.</summary>
    public required ImmutableArray<ViewServer> Readable { get; init; }

    /// <summary>Servers whose prompts are visible, ordered by address.</summary>
    public required ImmutableArray<ViewServer> Prompting { get; init; }

    /// <summary>What the visible servers can do, taken together. <see cref="ServerFeatures.Logging"/> counts for servers of visible tools, too.</summary>
    public required ServerFeatures Features { get; init; }

    /// <summary>Listed resources by the URI that the client uses.</summary>
    public required FrozenDictionary<string, ViewItem> Resources { get; init; }

    /// <summary>Listed resource templates, in listing order.</summary>
    public required ImmutableArray<ViewItem> Templates { get; init; }

    /// <summary>Prompts by the name that the client uses.</summary>
    public required FrozenDictionary<string, ViewItem> Prompts { get; init; }

    /// <summary>The JSON array of the <c>resources</c> member of <c>resources/list</c>, UTF-8.</summary>
    public required ReadOnlyMemory<byte> ResourcesJson { get; init; }

    /// <summary>The JSON array of the <c>resourceTemplates</c> member of <c>resources/templates/list</c>, UTF-8.</summary>
    public required ReadOnlyMemory<byte> TemplatesJson { get; init; }

    /// <summary>The JSON array of the <c>prompts</c> member of <c>prompts/list</c>, UTF-8.</summary>
    public required ReadOnlyMemory<byte> PromptsJson { get; init; }

    /// <summary>SHA-256 of both resource lists: a client sees a change exactly when it changes.</summary>
    public required string ResourcesDigest { get; init; }

    /// <summary>SHA-256 of <see cref="PromptsJson"/>.</summary>
    public required string PromptsDigest { get; init; }

    /// <summary>
    /// Where a URI leads: to the server that lists it, else to the one whose most specific template it fits, else to the only server there is; null
    /// otherwise. What two servers claim alike belongs to neither: no server takes another's URIs away. The form
    /// <c>toolgate://integration.owner.connection/{URI}</c>, with the server's own URI as it stands, names the server itself and always works.
    /// </summary>
    public ViewItem? Route(string uri) => (routes ??= new ResourceRoutes(this)).Find(this, uri);

    /// <summary>What the client calls a URI of a server: the URI itself where it leads there, else the form that names the server.</summary>
    public string NameOf(Upstream upstream, string uri)
        => Route(uri) is { } item && item.Server.Upstream == upstream && item.UpstreamKey == uri ? uri : ResourceRoutes.Wrap(upstream, uri);

    /// <summary>The form of a URI that names its server.</summary>
    public static string FullName(Upstream upstream, string uri) => ResourceRoutes.Wrap(upstream, uri);

    /// <summary>The template that the client uses under this name; null for another.</summary>
    public ViewItem? FindTemplate(string template) => Templates.FirstOrDefault(item => item.Key == template);
}

/// <summary>What an MCP server says that it can do.</summary>
[Flags]
public enum ServerFeatures
{
    /// <summary>Nothing but tools.</summary>
    None = 0,

    /// <summary>It has resources.</summary>
    Resources = 1,

    /// <summary>Resources can be subscribed to.</summary>
    Subscribe = 2,

    /// <summary>It has prompts.</summary>
    Prompts = 4,

    /// <summary>It completes arguments.</summary>
    Completions = 8,

    /// <summary>It sends log messages.</summary>
    Logging = 16,
}

/// <summary>A server's resources, or its prompts, in a view.</summary>
/// <param name="Upstream">The connection.</param>
/// <param name="Address"><c>integration.owner.connection.resources</c> or <c>….prompts</c>: what rules, grants and records call it.</param>
/// <param name="Decision">Why it is visible: always approved.</param>
/// <param name="Features">What the server can do.</param>
public sealed record ViewServer(Upstream Upstream, string Address, AccessDecision Decision, ServerFeatures Features)
{
    /// <summary>Who may read from it when no rule speaks. Listed it is for everyone who sees the connection, as its tools are.</summary>
    public ToolAccess Access { get; init; }

    /// <summary>Whether the server can do something.</summary>
    public bool Can(ServerFeatures feature) => (Features & feature) == feature;
}

/// <summary>A resource, a template or a prompt in a view.</summary>
/// <param name="Server">The server that offers it.</param>
/// <param name="Key">What the client calls it.</param>
/// <param name="UpstreamKey">What the server calls it.</param>
public sealed record ViewItem(ViewServer Server, string Key, string UpstreamKey);
