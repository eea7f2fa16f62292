using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>
/// The name of a plugin's tool beyond its plugin: <c>id__tool</c>. An id holds no underscore and a tool's name no two in a row and none at its ends, so
/// the first <c>__</c> is always the boundary: no two pairs share a name, and every name can be taken apart again. 28 + 2 + 34 = 64.
/// </summary>
internal static partial class PluginWireName
{
    /// <summary>What stands between the two parts.</summary>
    public const string Separator = "__";

    /// <summary>Ids that mean something else wherever names are read.</summary>
    public static IReadOnlySet<string> ReservedIds { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "admin", "builtin", "gateway", "mcp", "plugins", "system", "toolgate", "toolkit",
    };

    /// <summary>The wire name.</summary>
    public static string Of(string id, string tool) => id + Separator + tool;

    /// <summary>The id and the tool of a wire name; null when it is none.</summary>
    public static (string Id, string Tool)? Parse(string name)
    {
        var at = name.IndexOf(Separator, StringComparison.Ordinal);
        return at > 0 && IsId(name[..at]) && IsTool(name[(at + Separator.Length)..]) ? (name[..at], name[(at + Separator.Length)..]) : null;
    }

    /// <summary>Whether a text is an id.</summary>
    public static bool IsId(string text) => text.Length <= PluginLimits.Id && IdShape().IsMatch(text);

    /// <summary>Whether a text is the name of a tool.</summary>
    public static bool IsTool(string text) => text.Length <= PluginLimits.ToolName && ToolShape().IsMatch(text);

    [GeneratedRegex(@"\A[a-z][a-z0-9]*(?:-[a-z0-9]+)*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex IdShape();

    [GeneratedRegex(@"\A[a-z][a-z0-9]*(?:_[a-z0-9]+)*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex ToolShape();
}
