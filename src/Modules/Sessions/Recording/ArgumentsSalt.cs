using System.Security.Cryptography;
using Npgsql;

namespace Toolgate.Sessions;

/// <summary>The key of the digests of arguments, one for the deployment, in a side table that may be erased.</summary>
internal sealed class ArgumentsSalt
{
    private byte[] salt = RandomNumberGenerator.GetBytes(32);

    /// <summary>Reads the deployment's key, making it when there is none.</summary>
    public async Task Load(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var claim = database.CreateCommand("insert into toolgate.call_salts (id, salt) values (1, $1) on conflict (id) do nothing");
        claim.Parameters.AddWithValue(salt);
        await claim.ExecuteNonQueryAsync(cancellationToken);
        await using var read = database.CreateCommand("select salt from toolgate.call_salts where id = 1");
        salt = (byte[])(await read.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The digest of arguments as sent.</summary>
    public string Digest(ReadOnlySpan<byte> arguments)
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(salt, arguments, digest);
        return Convert.ToHexStringLower(digest);
    }
}
