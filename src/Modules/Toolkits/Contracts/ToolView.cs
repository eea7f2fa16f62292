using System.Collections.Frozen;
using System.Collections.Immutable;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>What an MCP URL stands for: everything the principal may call, or one toolkit.</summary>
/// <param name="Slug">The toolkit's slug; null for the default resource <c>/mcp</c>.</param>
public readonly record struct McpResource(string? Slug)
{
    /// <summary><c>/mcp</c>.</summary>
    public static McpResource Default => default;

    /// <summary><c>/mcp</c> or <c>/mcp/toolkits/{slug}</c>.</summary>
    public string Path => Slug is null ? "/mcp" : "/mcp/toolkits/" + Slug;

    /// <summary>Stable key: <c>default</c> or <c>toolkit:{slug}</c>.</summary>
    public override string ToString() => Slug is null ? "default" : "toolkit:" + Slug;
}

/// <summary>Compiled views. One dictionary lookup answers a call.</summary>
public interface IToolViews
{
    /// <summary>
    /// The view of a resource for a principal, at the newest snapshot; null when the toolkit does not exist for this principal.
    /// Cached: the same reference is returned until rules, grants or catalogs change.
    /// </summary>
    ToolView? Find(McpResource resource, Principal principal);

    /// <summary>The view of a toolkit by its slug or its id, as REST requests name it; the two cannot meet. Null as for <see cref="Find"/>.</summary>
    ToolView? FindToolkit(string slugOrId, Principal principal) => Find(new McpResource(slugOrId), principal);

    /// <summary>Raised after something changed that can change views. Handlers must be quick; they compare <see cref="ToolView.ListDigest"/> themselves.</summary>
    event Action? Changed;
}

/// <summary>The tools of one resource for one principal, decided. Immutable; only tools that are listed (and so callable) are in it.</summary>
public sealed class ToolView
{
    /// <summary>The resource.</summary>
    public required McpResource Resource { get; init; }

    /// <summary>Id of the toolkit, <c>tk_…</c>; null for the default resource.</summary>
    public string? ToolkitId { get; init; }

    /// <summary>Whether it is a personal toolkit, whose policies its own account wrote.</summary>
    public bool IsPersonal { get; init; }

    /// <summary>Name of the toolkit, or <c>Toolgate</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Log position of the rules, grants and catalogs that it was compiled from.</summary>
    public required long Position { get; init; }

    /// <summary>The tools in listing order: bytewise by address.</summary>
    public required ImmutableArray<ViewTool> Tools { get; init; }

    /// <summary>By MCP name, ordinal.</summary>
    public required FrozenDictionary<string, ViewTool> ByName { get; init; }

    /// <summary>By address, ordinal.</summary>
    public required FrozenDictionary<string, ViewTool> ByAddress { get; init; }

    /// <summary>The JSON array of the <c>tools</c> member of <c>tools/list</c>, UTF-8, brackets included.</summary>
    public required ReadOnlyMemory<byte> ToolsJson { get; init; }

    /// <summary>SHA-256 of <see cref="ToolsJson"/>: a client sees a change exactly when it changes.</summary>
    public required string ListDigest { get; init; }

    /// <summary>What the granted MCP servers offer besides tools.</summary>
    public OfferView Offers { get; init; } = OfferView.Nothing;

    /// <summary>Text for <c>instructions</c>: the toolkit, what it holds, how approval works.</summary>
    public required string Instructions { get; init; }
}

/// <summary>A tool in a view.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Decision">Approve or require approval; blocked tools are not in the view.</param>
/// <param name="Name">The name that the client uses.</param>
public sealed record ViewTool(Tool Tool, AccessDecision Decision, string Name);
