using System.Buffers.Text;
using System.Security.Cryptography;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Table <c>toolgate.secrets</c>: writes travel with the event that they belong to, reads open one secret.</summary>
internal sealed class SecretVault(NpgsqlDataSource database, MasterKeyRing ring)
{
    /// <summary>A new identity of a secret.</summary>
    public static string NewId() => "sec_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(15));

    /// <summary>The write that stores the values, to be done with the event that names the secret.</summary>
    public SideWrite Store(string id, IReadOnlyDictionary<string, string> values)
    {
        var secret = SealedSecret.Seal(id, values, ring.Current);
        return new SideWrite(
            "insert into toolgate.secrets (id, master_key_id, wrapped_key, sealed_values) values ($1, $2, $3, $4) on conflict (id) do nothing",
            secret.Id, secret.MasterKeyId, secret.WrappedKey, secret.SealedValues);
    }

    /// <summary>The write that destroys a secret, to be done with the event that gives it up.</summary>
    public static SideWrite Destroy(string id) => new("delete from toolgate.secrets where id = $1", id);

    /// <summary>Other values in place of those of a secret, whose identity stays; sealed under a new data key.</summary>
    public SealedSecret Seal(string id, IReadOnlyDictionary<string, string> values) => SealedSecret.Seal(id, values, ring.Current);

    /// <summary>The values; null when the secret was destroyed or its master key is not here.</summary>
    /// <exception cref="CryptographicException">The row was tampered with.</exception>
    public async ValueTask<IReadOnlyDictionary<string, string>?> Open(string id, CancellationToken cancellationToken)
    {
        await using var read = database.CreateCommand("select master_key_id, wrapped_key, sealed_values from toolgate.secrets where id = $1");
        read.Parameters.AddWithValue(id);
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var secret = new SealedSecret(id, reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(2));
        return ring.Find(secret.MasterKeyId) is { } master ? secret.Open(master) : null;
    }
}
