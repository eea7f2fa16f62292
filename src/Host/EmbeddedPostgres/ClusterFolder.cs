using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Toolgate.Host;

/// <summary>Where the cluster's files are, and the claim of one host on them.</summary>
internal sealed class ClusterFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly FileStream claim;

    private ClusterFolder(string path, FileStream claim)
    {
        Path = path;
        this.claim = claim;
    }

    /// <summary>The data directory. It exists only when it was initialised completely.</summary>
    public string Path { get; }

    /// <summary>Where a new cluster is made before it is moved into place: a host killed meanwhile leaves no half cluster.</summary>
    public string Unfinished => Path + ".unfinished";

    /// <summary>The major version that the existing cluster belongs to, or null when there is none.</summary>
    public int? Major
    {
        get
        {
            var file = System.IO.Path.Combine(Path, "PG_VERSION");
            return File.Exists(file) && int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var major)
                ? major
                : null;
        }
    }

    /// <summary>Creates the data folder, claims it for this process, and finds a place for the cluster that <paramref name="user"/> can reach.</summary>
    /// <exception cref="StartupFailureException">The folder cannot be written, or another host has it.</exception>
    public static async Task<ClusterFolder> Claim(string dataFolder, PostgresUser user, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(dataFolder, user.Name is null ? OwnerOnly : Passable);
            if (user.Name is not null)
            {
                File.SetUnixFileMode(dataFolder, File.GetUnixFileMode(dataFolder) | (Passable & ~OwnerOnly));
            }

            var claim = Lock(dataFolder);
            try
            {
                return new ClusterFolder(await Place(dataFolder, user, logger, cancellationToken), claim);
            }
            catch
            {
                claim.Dispose();
                throw;
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartupFailureException(
                $"The data folder {dataFolder} cannot be written by this user. Choose another with Toolgate:DataDirectory, or start as the user that owns it.", e);
        }
    }

    /// <summary>Gives the data folder back.</summary>
    public void Dispose() => claim.Dispose();

    // The lock is the kernel's and ends with the process however it ends, so a file that is left over means nothing.
    private static FileStream Lock(string dataFolder)
    {
        var holder = System.IO.Path.Combine(dataFolder, "host.pid");
        try
        {
            var claim = new FileStream(System.IO.Path.Combine(dataFolder, "host.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return claim;
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            var process = File.Exists(holder) ? $" (process {File.ReadAllText(holder).Trim()})" : "";
            throw new StartupFailureException(
                $"The data folder {dataFolder} is in use by another Toolgate{process}. Stop that one, or choose another folder with Toolgate:DataDirectory.", e);
        }
    }

    private static async Task<string> Place(string dataFolder, PostgresUser user, ILogger logger, CancellationToken cancellationToken)
    {
        if (await user.CanReach(dataFolder, cancellationToken))
        {
            return System.IO.Path.Combine(dataFolder, "postgres");
        }

        // A folder such as /root lets nobody else pass, and opening it is not ours to decide: the cluster gets a place of its own,
        // found again by the data folder's name.
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)).AsSpan(0, 6));
        var aside = System.IO.Path.Combine("/var/lib/toolgate", name);
        Directory.CreateDirectory(aside, Passable);
        if (!await user.CanReach(aside, cancellationToken))
        {
            throw new StartupFailureException(
                $"PostgreSQL runs as the user '{user.Name}', which can reach neither {dataFolder} nor {aside}. Choose another folder with Toolgate:DataDirectory.");
        }

        var cluster = System.IO.Path.Combine(aside, "postgres");
        await File.WriteAllTextAsync(System.IO.Path.Combine(dataFolder, "postgres.location"), cluster + "\n", cancellationToken);
        EmbeddedPostgres.Log.PlacedAside(logger, user.Name ?? "", dataFolder, cluster);
        return cluster;
    }
}
