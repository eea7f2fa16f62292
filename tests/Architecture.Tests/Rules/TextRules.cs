using System.Text.RegularExpressions;

namespace Toolgate.Architecture.Tests;

/// <summary>What may stand in a file.</summary>
internal static partial class TextRules
{
    private const int LongestFile = 400;

    // Split, so that this file does not break its own rule.
    private static readonly string[] Unfinished =
        ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Exception", "Thread.Sle" + "ep"];

    /// <summary>Files of which one would say that they are two things.</summary>
    public static IEnumerable<string> TooLong(SourceFile source)
        => source.Text.AsSpan().Count('\n') is var lines and > LongestFile ? [$"{source.Path} has {lines} lines"] : [];

    /// <summary>Marks of unfinished work.</summary>
    public static IEnumerable<string> LeftUndone(SourceFile source)
        => Unfinished.Where(mark => source.Text.Contains(mark, StringComparison.Ordinal)).Select(mark => $"{source.Path}: {mark}");

    /// <summary>Clocks that cannot be set: time is an input.</summary>
    public static IEnumerable<string> FixedClocks(SourceFile source)
        => Clock().Matches(source.Text).Select(match => $"{source.Path}: {match.Value}");

    /// <summary>Tests that are not run.</summary>
    public static IEnumerable<string> SkippedTests(SourceFile source)
        => Skip().Matches(source.Text).Select(match => $"{source.Path}: {match.Value}");

    /// <summary>
    /// SQL of the log outside the event store. Reading it is left to projections, whose contract hands them a range of positions to
    /// read set-based; nobody else writes to it, and nobody defines anything in it.
    /// </summary>
    public static IEnumerable<string> SqlOfTheLog(SourceFile source)
    {
        if (source.Path.StartsWith("src/EventStore/", StringComparison.Ordinal) || !source.Path.StartsWith("src/", StringComparison.Ordinal))
        {
            return [];
        }

        var projection = source.Text.Contains("IProjection", StringComparison.Ordinal);
        return (projection ? WriteToLog() : Log()).Matches(source.Text).Select(match => $"{source.Path}: {match.Value}");
    }

    /// <summary>Tables of the schema <c>toolgate</c> that a project uses although another project's migration makes them.</summary>
    public static IEnumerable<string> OthersTables(IReadOnlyList<SourceFile> sources)
    {
        var owners = sources.Where(source => source.Path.EndsWith(".sql", StringComparison.Ordinal))
            .SelectMany(source => MadeTable().Matches(source.Text).Select(match => (Table: match.Groups[1].Value, Owner: ProjectOf(source.Path))))
            .ToLookup(pair => pair.Table, pair => pair.Owner, StringComparer.Ordinal);
        return sources.Where(source => !source.Path.EndsWith(".csproj", StringComparison.Ordinal))
            .SelectMany(source => UsedTable().Matches(source.Text).Select(match => (source.Path, Table: match.Groups[1].Value)))
            .Where(use => owners.Contains(use.Table) && !owners[use.Table].Contains(ProjectOf(use.Path)))
            .Select(use => $"{use.Path} uses toolgate.{use.Table} of {owners[use.Table].First()}");
    }

    private static string ProjectOf(string path) => path.Split('/') is ["src", "Modules", var module, ..] ? module : path.Split('/')[1];

    [GeneratedRegex(@"\bDateTime(?:Offset)?\.(?:Utc)?Now\b|\bDateTime\.Today\b")]
    private static partial Regex Clock();

    [GeneratedRegex(@"\[(?:Fact|Theory)[^\]]*\bSkip\s*=")]
    private static partial Regex Skip();

    [GeneratedRegex(@"\bevents\.mt_\w+|\bmt_(?:events|streams|event_progression|high_water_skips)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Log();

    [GeneratedRegex(@"\b(?:insert\s+into|update|delete\s+from|truncate|alter\s+table|create\s+(?:unique\s+)?index\b[^;]*\bon|lock\s+table|drop\s+table)\s+(?:only\s+)?(?:events\.)?mt_\w+", RegexOptions.IgnoreCase)]
    private static partial Regex WriteToLog();

    [GeneratedRegex(@"\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?toolgate\.(\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex MadeTable();

    [GeneratedRegex(@"(?<![\w.:""])toolgate\.([a-z_]+)\b")]
    private static partial Regex UsedTable();
}
