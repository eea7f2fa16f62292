using System.Text;

namespace Toolgate.Sessions;

/// <summary>The notifications of changed lists.</summary>
internal static class ListChanges
{
    private static readonly (ListChange Change, string Method)[] Methods =
    [
        (ListChange.Tools, "notifications/tools/list_changed"),
        (ListChange.Resources, "notifications/resources/list_changed"),
        (ListChange.Prompts, "notifications/prompts/list_changed"),
    ];

    private static readonly Dictionary<ListChange, byte[]> Plain = Methods.ToDictionary(
        pair => pair.Change, pair => Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"{{pair.Method}}"}"""));

    /// <summary>The notifications for a session.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Of(ListChange changes)
        => Methods.Where(pair => changes.HasFlag(pair.Change)).Select(pair => (ReadOnlyMemory<byte>)Plain[pair.Change]);

    /// <summary>The notifications for a listen stream.</summary>
    /// <param name="changes">What changed.</param>
    /// <param name="meta">Value of <c>_meta</c>.</param>
    public static IEnumerable<ReadOnlyMemory<byte>> Of(ListChange changes, string meta)
        => Methods.Where(pair => changes.HasFlag(pair.Change))
            .Select(pair => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","method":"{{{pair.Method}}}","params":{"_meta":""" + meta + "}}"));
}
