using System.Text;

namespace Toolgate.Host;

/// <summary>The folder of the server's socket, which only its user can enter.</summary>
internal sealed class SocketFolder : IDisposable
{
    /// <summary>0700.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // sun_path has 108 bytes on Linux and 104 on macOS, with the closing zero.
    private const int LongestPath = 103;
    private readonly bool temporary;

    private SocketFolder(string path, bool temporary)
    {
        Path = path;
        this.temporary = temporary;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Uses the data directory itself, which PostgreSQL keeps at 0700; a fresh short folder when its path is too long for a socket.</summary>
    public static async Task<SocketFolder> Create(string cluster, PostgresUser user, CancellationToken cancellationToken)
    {
        if (Encoding.UTF8.GetByteCount(cluster) + $"/.s.PGSQL.{ServerCommand.Port}.lock".Length <= LongestPath)
        {
            return new SocketFolder(cluster, temporary: false);
        }

        // Created by the system with an unguessable name and mode 0700: nobody can have prepared it.
        var folder = new SocketFolder(Directory.CreateTempSubdirectory("toolgate-").FullName, temporary: true);
        await user.Own(folder.Path, cancellationToken);
        return folder;
    }

    /// <summary>Removes a temporary folder.</summary>
    public void Dispose()
    {
        if (temporary && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
