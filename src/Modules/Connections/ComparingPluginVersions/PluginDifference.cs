using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>The difference of two versions of a plugin, as far as callers and approvers rely on them.</summary>
/// <param name="From">The earlier version.</param>
/// <param name="To">The later version.</param>
/// <param name="Added">Names of tools that are new.</param>
/// <param name="Removed">Names of tools that are gone.</param>
/// <param name="Changed">Tools whose definition is another one.</param>
/// <param name="Escalations">What a person should look at first: changes that reach further than before.</param>
internal sealed record PluginDifference(
    string From, string To, IReadOnlyList<string> Added, IReadOnlyList<string> Removed, IReadOnlyList<PluginToolDifference> Changed, IReadOnlyList<PluginEscalation> Escalations)
{
    /// <summary>Compares two versions.</summary>
    public static PluginDifference Between(PluginManifest from, PluginManifest to)
    {
        var before = from.Tools.ToDictionary(tool => tool.Name, tool => PluginCompiler.Approved(from, tool), StringComparer.Ordinal);
        var after = to.Tools.ToDictionary(tool => tool.Name, tool => PluginCompiler.Approved(to, tool), StringComparer.Ordinal);
        PluginToolDifference[] changed =
        [
            .. after.Where(tool => before.TryGetValue(tool.Key, out var earlier) && !earlier.AsSpan().SequenceEqual(tool.Value))
                .Select(tool => new PluginToolDifference(tool.Key, Members(before[tool.Key], tool.Value))),
        ];
        return new PluginDifference(
            from.Version, to.Version, [.. after.Keys.Where(name => !before.ContainsKey(name))], [.. before.Keys.Where(name => !after.ContainsKey(name))], changed,
            [.. changed.SelectMany(Reaching)]);
    }

    private static PluginMemberDifference[] Members(byte[] before, byte[] after)
    {
        using var old = JsonDocument.Parse(before);
        using var now = JsonDocument.Parse(after);
        return
        [
            .. now.RootElement.EnumerateObject()
                .Where(member => !CanonicalJson.Of(member.Value).AsSpan().SequenceEqual(CanonicalJson.Of(old.RootElement.GetProperty(member.Name))))
                .Select(member => new PluginMemberDifference(member.Name, old.RootElement.GetProperty(member.Name).Clone(), member.Value.Clone())),
        ];
    }

    private static IEnumerable<PluginEscalation> Reaching(PluginToolDifference tool)
    {
        foreach (var member in tool.Members)
        {
            var code = member.Member switch
            {
                "baseUrl" => "base_url_changed",
                "method" or "path" => "target_changed",
                "auth" => "auth_changed",
                "allowedHosts" when member.After.EnumerateArray().Any(host => member.Before.EnumerateArray().All(known => known.GetString() != host.GetString())) => "host_added",
                "destructive" when member.After.GetBoolean() => "becomes_destructive",
                "readOnly" when !member.After.GetBoolean() => "no_longer_read_only",
                _ => null,
            };
            if (code is not null)
            {
                yield return new PluginEscalation(tool.Name, code);
            }
        }
    }
}

/// <summary>A tool whose definition is another one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Members">What of it differs.</param>
internal sealed record PluginToolDifference(string Name, IReadOnlyList<PluginMemberDifference> Members);

/// <summary>One member of a definition that differs.</summary>
/// <param name="Member">Its name.</param>
/// <param name="Before">What it was.</param>
/// <param name="After">What it is.</param>
internal sealed record PluginMemberDifference(string Member, JsonElement Before, JsonElement After);

/// <summary>A change that reaches further than before.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Code">
/// <c>base_url_changed</c>, <c>target_changed</c>, <c>auth_changed</c>, <c>host_added</c>, <c>becomes_destructive</c> or <c>no_longer_read_only</c>.
/// </param>
internal sealed record PluginEscalation(string Tool, string Code);
