using System.Collections.Frozen;
using System.Collections.Immutable;
using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>
/// Resources and prompts of one resource for one principal, decided and rendered. Immutable. Reading is approved by default; what a rule blocks or wants
/// approved is left out, because there is nobody to ask while a list is read. A connection's resources stand in rules and grants under
/// <c>integration.owner.connection.resources</c>, its prompts under <c>integration.owner.connection.prompts</c>.
/// </summary>
public sealed class OfferView
{
    /// <summary>Nothing is offered.</summary>
    public static OfferView Nothing { get; } = new()
    {
        Readable = [], Prompting = [], Resources = FrozenDictionary<string, ViewItem>.Empty, Templates = [], Prompts = FrozenDictionary<string, ViewItem>.Empty,
        ResourcesJson = "[]"u8.ToArray(), TemplatesJson = "[]"u8.ToArray(), PromptsJson = "[]"u8.ToArray(), ResourcesDigest = "", PromptsDigest = "",
    };

    /// <summary>Servers whose resources are visible, ordered by address; a server may be here without a resource on its list.</summary>
    public required ImmutableArray<UpstreamOffer> Readable { get; init; }

    /// <summary>Servers whose prompts are visible, ordered by address.</summary>
    public required ImmutableArray<UpstreamOffer> Prompting { get; init; }

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
    /// Where a URI leads: to the server that lists it, else to the first whose template it fits, else to the only server there is; null otherwise. The form
    /// <c>toolgate://integration.owner.connection/{escaped URI}</c> names the server itself and always works.
    /// </summary>
    public ViewItem? Route(string uri) => OfferRouting.Route(this, uri);
}

/// <summary>A resource, a template or a prompt in a view.</summary>
/// <param name="Upstream">The server that offers it.</param>
/// <param name="Key">What the client calls it.</param>
/// <param name="UpstreamKey">What the server calls it.</param>
public sealed record ViewItem(Upstream Upstream, string Key, string UpstreamKey);
