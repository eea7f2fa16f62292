namespace Toolgate.Connections;

/// <summary>Paths that authors write. Stricter than OpenAPI's: what two servers could read differently is refused.</summary>
internal static class ManifestPaths
{
    /// <summary>Whether a path is absolute and holds nothing that could lead elsewhere: no empty or dot segment, no encoded slash, no query, no fragment.</summary>
    public static bool IsPlain(string path) => path is ['/', ..] && path.Length <= PluginLimits.Path && !path.AsSpan().ContainsAnyExceptInRange('!', '~')
        && path.AsSpan().IndexOfAny("\\?#;") < 0 && !path.Contains("//", StringComparison.Ordinal)
        && !path.Contains("%2f", StringComparison.OrdinalIgnoreCase) && !path.Contains("%5c", StringComparison.OrdinalIgnoreCase) && !path.Contains("%25", StringComparison.Ordinal)
        && !path.Split('/').Any(PathSafety.IsDotSegment);
}
