using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
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
    private ToolIndex? index;

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

    /// <summary>How clients reach them.</summary>
    public ToolSurface Surface { get; init; }

    /// <summary>Whether a tool of it asks for a person's approval; <see cref="ApprovalTool"/> is then listed, and callable.</summary>
    public bool Asks { get; init; }

    /// <summary>
    /// The tools that <c>tools/call</c> may name, which are those that <c>tools/list</c> lists, by MCP name, ordinal. Empty where tools are searched: they are
    /// found by <see cref="Find"/> there, and called through <c>call_tool</c>.
    /// </summary>
    public required FrozenDictionary<string, ViewTool> ByName { get; init; }

    /// <summary>By address, ordinal.</summary>
    public required FrozenDictionary<string, ViewTool> ByAddress { get; init; }

    /// <summary>The JSON array of the <c>tools</c> member of <c>tools/list</c>, UTF-8, brackets included.</summary>
    public required ReadOnlyMemory<byte> ToolsJson { get; init; }

    /// <summary>
    /// Where each entry of <see cref="ToolsJson"/> begins, in the order of <see cref="Tools"/>; empty where tools are searched. What Toolgate lists of its own comes
    /// after them.
    /// </summary>
    public ImmutableArray<int> EntryOffsets { get; init; } = [];

    /// <summary>SHA-256 of <see cref="ToolsJson"/>: a client sees a change exactly when it changes.</summary>
    public required string ListDigest { get; init; }

    /// <summary>
    /// Addresses, by name, of the tools that connect an account of the caller's own, whether or not this caller still sees them: to a call that waits for its
    /// client while the account is being connected, the tool is still the same.
    /// </summary>
    public FrozenDictionary<string, string> Connecting { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>What the granted MCP servers offer besides tools.</summary>
    public OfferView Offers { get; init; } = OfferView.Nothing;

    /// <summary>Text for <c>instructions</c>: the toolkit, what it holds, how approval works.</summary>
    public required string Instructions { get; init; }

    /// <summary>The tool of this name or address, whatever the surface; null when there is none in this view.</summary>
    public ViewTool? Find(string nameOrAddress) => Named.TryGetValue(nameOrAddress, out var named) || ByAddress.TryGetValue(nameOrAddress, out named) ? named : null;

    /// <summary>The address in <see cref="Connecting"/> that a name or an address means; null for any other.</summary>
    public string? FindConnecting(string nameOrAddress)
        => Connecting.TryGetValue(nameOrAddress, out var address) ? address : Connecting.Values.Contains(nameOrAddress, StringComparer.Ordinal) ? nameOrAddress : null;

    /// <summary>
    /// The tools that hold something of the query, best first. The index is made when it is first asked for and kept as long as the view is; what it knows of
    /// a tool is shared by all views.
    /// </summary>
    /// <param name="query">Words of any kind; at most 500 characters are read.</param>
    public IReadOnlyList<FoundTool> Search(string query) => LazyInitializer.EnsureInitialized(ref index, () => new ToolIndex(Tools)).Search(query);

    /// <summary>All tools by their names.</summary>
    internal FrozenDictionary<string, ViewTool> Named { get; init; } = FrozenDictionary<string, ViewTool>.Empty;
}

/// <summary>A tool that a search found.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Score">How well it fits, above zero; comparable within one answer only.</param>
public readonly record struct FoundTool(ViewTool Tool, float Score);

/// <summary>A tool in a view.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Decision">Approve or require approval; blocked tools are not in the view.</param>
/// <param name="Name">The name that the client uses.</param>
public sealed record ViewTool(Tool Tool, AccessDecision Decision, string Name)
{
    /// <summary>The integration that it asks its caller to connect an account of their own to; null for every other tool. Toolgate answers it itself.</summary>
    public string? Connects { get; init; }

    /// <summary>What the toolkit changed about it; null when it is as its source defines it.</summary>
    public ToolShape? Shape { get; init; }

    /// <summary>The title that is shown, where there is one.</summary>
    public string? Title => Shape?.Title ?? Tool.Definition.Title;

    /// <summary>The description that is shown.</summary>
    public string Description => Shape?.Description ?? Tool.Definition.Description;

    /// <summary>JSON Schema of the arguments that a caller may send, UTF-8.</summary>
    public ReadOnlyMemory<byte> InputSchema => Shape?.InputSchema ?? Tool.Definition.InputSchema;

    /// <summary>Writes its entry of <c>tools/list</c> from prepared bytes.</summary>
    public void WriteListing(IBufferWriter<byte> output)
    {
        if (Shape is null && Name == Tool.McpName)
        {
            Tool.WriteListing(output);
        }
        else
        {
            Tool.WriteListing(output, JsonSerializer.SerializeToUtf8Bytes(Name), (Shape?.ListingMembers ?? Tool.Definition.ListingMembers).Span);
        }
    }
}
