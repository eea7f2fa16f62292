using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Toolgate.EventStore;

/// <summary>Signs heads of the chain with a key that the database never sees, and verifies them with the keys that this host knows.</summary>
internal sealed class CheckpointKeys : IDisposable
{
    private const string FileName = "checkpoint-key.pem";
    private readonly Lazy<ECDsa> own;
    private readonly Lazy<Dictionary<string, ECDsa>> known;

    public CheckpointKeys(IOptions<EventStoreOptions> options)
    {
        own = new(() => Read(options.Value.CheckpointKeyPem ?? LoadOrCreate(options.Value.DataDirectory)));
        known = new(() => options.Value.TrustedCheckpointKeys.Select(Read).Append(own.Value).DistinctBy(IdOf).ToDictionary(IdOf));
    }

    public SignedHead Sign(ChainHead head, DateTimeOffset now)
    {
        // Whole microseconds: what the database can hold.
        var at = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        var keyId = IdOf(own.Value);
        return new(head, at, keyId, Base64Url.EncodeToString(own.Value.SignData(Canonical(head, at, keyId), HashAlgorithmName.SHA256)));
    }

    /// <summary>Null when the key is not one of ours.</summary>
    public bool? Verify(SignedHead signed)
    {
        if (!known.Value.TryGetValue(signed.KeyId, out var key))
        {
            return null;
        }

        return Base64Url.IsValid(signed.Signature)
            && key.VerifyData(Canonical(signed.Head, signed.At, signed.KeyId), Base64Url.DecodeFromChars(signed.Signature), HashAlgorithmName.SHA256);
    }

    public void Dispose()
    {
        if (known.IsValueCreated)
        {
            foreach (var key in known.Value.Values)
            {
                key.Dispose();
            }
        }
    }

    private static byte[] Canonical(ChainHead head, DateTimeOffset at, string keyId) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"toolgate-checkpoint-1\n{head.Position}\n{head.Hash}\n{(at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond}\n{keyId}\n"));

    private static string IdOf(ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8));

    private static ECDsa Read(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key;
    }

    private static string LoadOrCreate(string directory)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var draft = $"{path}.{Guid.NewGuid():N}";
            using (var file = new FileStream(draft, PrivateFile(FileMode.CreateNew)))
            {
                file.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
                file.Flush(flushToDisk: true);
            }

            try
            {
                File.Move(draft, path);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another host of this folder was first: its key is the key.
                File.Delete(draft);
            }
        }

        return File.ReadAllText(path);
    }

    /// <summary>A file that only its owner may read or write.</summary>
    internal static FileStreamOptions PrivateFile(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
