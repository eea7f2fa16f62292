using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>A key that wraps data keys, and the name under which envelopes refer to it.</summary>
/// <param name="Id">Derived from the key; says nothing about it.</param>
/// <param name="Key">32 bytes.</param>
internal sealed record MasterKey(string Id, byte[] Key)
{
    /// <summary>Names a key.</summary>
    public static MasterKey Of(byte[] key)
        => new("mk_" + Convert.ToHexStringLower(HMACSHA256.HashData(key, "toolgate master key id"u8))[..16], key);
}

/// <summary>
/// The master keys: the configured ones, or those of the key file (first line current, further lines still readable). Another process may
/// have rotated the file, so an unknown id reads it once more.
/// </summary>
internal sealed partial class MasterKeyRing(IOptions<SecretsOptions> options, ILogger<MasterKeyRing> logger)
{
    /// <summary>Length of a key.</summary>
    public const int KeyBytes = 32;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly Lock gate = new();
    private MasterKey[]? keys;

    /// <summary>Whether keys come from configuration: then only the operator can bring a new one.</summary>
    public bool IsConfigured => options.Value.MasterKey is not null;

    /// <summary>The key that new data keys are wrapped with. Read anew each time: a rotation in another process must not be missed.</summary>
    public MasterKey Current => Reload()[0];

    /// <summary>A key by its id; null when this deployment does not have it.</summary>
    public MasterKey? Find(string id) => Keys().FirstOrDefault(key => key.Id == id) ?? Reload().FirstOrDefault(key => key.Id == id);

    /// <summary>Puts a new random key in front of the key file; the older ones stay readable.</summary>
    /// <exception cref="InvalidOperationException">Keys are configured.</exception>
    public MasterKey Add()
    {
        lock (gate)
        {
            RefuseConfigured();
            var added = MasterKey.Of(RandomNumberGenerator.GetBytes(KeyBytes));
            Replace([added, .. Load()]);
            return added;
        }
    }

    /// <summary>
    /// Removes the keys that nothing is wrapped with any more. The last one before the current stays until the next rotation: another
    /// process may have sealed with it and not have committed yet.
    /// </summary>
    public void Forget()
    {
        lock (gate)
        {
            RefuseConfigured();
            Replace([.. Load().Take(2)]);
        }
    }

    private MasterKey[] Keys() => Volatile.Read(ref keys) ?? Reload();

    private MasterKey[] Reload()
    {
        lock (gate)
        {
            keys = Load();
            return keys;
        }
    }

    private MasterKey[] Load()
    {
        var configured = options.Value;
        if (configured.MasterKey is { } current)
        {
            return [.. configured.PreviousMasterKeys.Prepend(current).Select(text => MasterKey.Of(Convert.FromBase64String(text)))];
        }

        var path = configured.KeyFile;
        if (!File.Exists(path))
        {
            Create(path);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
        {
            throw new InvalidOperationException("The master key file can be read by others. Take their rights away: chmod 600 master.key in the data folder.");
        }

        var read = File.ReadAllLines(path).Where(line => line.Length > 0).Select(line => MasterKey.Of(Convert.FromBase64String(line))).ToArray();
        return read.Length > 0 ? read : throw new InvalidOperationException("The master key file in the data folder is empty.");
    }

    /// <summary>Several hosts may start at once on one folder: the file appears whole or not at all, and the first one wins.</summary>
    private void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var draft = Draft(path, [MasterKey.Of(RandomNumberGenerator.GetBytes(KeyBytes))]);
        try
        {
            File.Move(draft, path, overwrite: false);
            Log.Created(logger);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }

    private void Replace(MasterKey[] next)
    {
        var path = options.Value.KeyFile;
        File.Move(Draft(path, next), path, overwrite: true);
        keys = next;
    }

    private static string Draft(string path, MasterKey[] content)
    {
        var draft = $"{path}.{Guid.CreateVersion7():N}";
        var how = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            how.UnixCreateMode = OwnerOnly;
        }

        using var file = new FileStream(draft, how);
        file.Write(Encoding.ASCII.GetBytes(string.Join('\n', content.Select(key => Convert.ToBase64String(key.Key))) + "\n"));
        file.Flush(flushToDisk: true);
        return draft;
    }

    private void RefuseConfigured()
    {
        if (IsConfigured)
        {
            throw new InvalidOperationException("The master key is configured: set the new one as Toolgate:Secrets:MasterKey and the old one under Toolgate:Secrets:PreviousMasterKeys.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "A master key was made in the data folder. Back it up: without it no stored credential can be opened")]
        public static partial void Created(ILogger logger);
    }
}
