using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>
/// Which tools of a plugin are up, by digest. It stands where other kinds have the digest of a stored catalog: a plugin's catalog has no stored form of
/// its own, it is made of its tools, each read and judged by itself, so that a damaged one is missing and nothing else is.
/// </summary>
internal sealed record PluginRoster(string Plugin, ImmutableArray<PluginTool> Tools)
{
    private const string Mark = "plugin:";

    /// <summary>The text form; rosters of equal content have equal keys.</summary>
    public string Key => Mark + Plugin + string.Concat(Tools.Select(tool => $"\n{tool.Name} {tool.Digest} {tool.Content}"));

    /// <summary>The roster of a key; null when the key is a digest.</summary>
    public static PluginRoster? Parse(string key)
    {
        if (!key.StartsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }

        var lines = key[Mark.Length..].Split('\n');
        return new PluginRoster(lines[0], [.. lines.Skip(1).Select(line => line.Split(' ')).Select(parts => new PluginTool(parts[0], parts[1], parts[2], parts[1]))]);
    }
}
