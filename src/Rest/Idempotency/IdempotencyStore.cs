using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Toolgate.Rest;

/// <summary>Marks endpoints whose requests hold a password.</summary>
internal sealed class PasswordRequest
{
    public static PasswordRequest Instance { get; } = new();
}

/// <summary>Marks an endpoint whose response holds a secret that is shown once.</summary>
internal sealed class SecretResponse
{
    public static SecretResponse Instance { get; } = new();
}

/// <summary>What is known of a key.</summary>
internal abstract record IdempotencyEntry
{
    /// <summary>The key is this request's now.</summary>
    public sealed record Claimed : IdempotencyEntry;

    /// <summary>The same request was answered with this.</summary>
    public sealed record Answered(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body) : IdempotencyEntry;

    /// <summary>The same request runs, or its process died before it could say how it ended.</summary>
    public sealed record Running : IdempotencyEntry;

    /// <summary>The key was used for another request.</summary>
    public sealed record OtherRequest : IdempotencyEntry;
}

/// <summary>Remembers answers by (caller, key). Bodies of requests are kept only as salted digests.</summary>
internal sealed class IdempotencyStore(NpgsqlDataSource database)
{
    /// <summary>Claims a key, or tells what became of the request that holds it. A request is its target and its body.</summary>
    public async Task<IdempotencyEntry> Claim(
        string actor, string key, ReadOnlyMemory<byte> target, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        await using var claim = database.CreateCommand(
            """
            insert into toolgate.idempotency_keys as held (actor, key, salt, request_digest) values ($1, $2, $3, $4)
            on conflict (actor, key) do update set salt = excluded.salt, request_digest = excluded.request_digest, status = null,
                headers = null, body = null, created_at = now()
            where held.created_at < now() - interval '24 hours'
            """);
        claim.Parameters.AddWithValue(actor);
        claim.Parameters.AddWithValue(key);
        claim.Parameters.AddWithValue(salt);
        claim.Parameters.AddWithValue(Digest(salt, target.Span, body.Span));
        if (await claim.ExecuteNonQueryAsync(cancellationToken) == 1)
        {
            return new IdempotencyEntry.Claimed();
        }

        await using var read = database.CreateCommand(
            "select salt, request_digest, status, headers::text, body from toolgate.idempotency_keys where actor = $1 and key = $2");
        read.Parameters.AddWithValue(actor);
        read.Parameters.AddWithValue(key);
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return new IdempotencyEntry.Running();
        }

        var digest = Digest(reader.GetFieldValue<byte[]>(0), target.Span, body.Span);
        if (!CryptographicOperations.FixedTimeEquals(digest, reader.GetFieldValue<byte[]>(1)))
        {
            return new IdempotencyEntry.OtherRequest();
        }

        return await reader.IsDBNullAsync(2, cancellationToken)
            ? new IdempotencyEntry.Running()
            : new IdempotencyEntry.Answered(
                reader.GetInt32(2),
                JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(3))!,
                await reader.IsDBNullAsync(4, cancellationToken) ? [] : reader.GetFieldValue<byte[]>(4));
    }

    /// <summary>Keeps the answer, and sweeps what is older than a day.</summary>
    public async Task Keep(string actor, string key, int status, IReadOnlyDictionary<string, string> headers, byte[] body)
    {
        await using var keep = database.CreateCommand(
            "update toolgate.idempotency_keys set status = $3, headers = $4, body = $5 where actor = $1 and key = $2");
        keep.Parameters.AddWithValue(actor);
        keep.Parameters.AddWithValue(key);
        keep.Parameters.AddWithValue(status);
        keep.Parameters.Add(new NpgsqlParameter { Value = JsonSerializer.Serialize(headers), NpgsqlDbType = NpgsqlDbType.Jsonb });
        keep.Parameters.AddWithValue(body);
        await keep.ExecuteNonQueryAsync(CancellationToken.None);
        await using var sweep = database.CreateCommand("delete from toolgate.idempotency_keys where created_at < now() - interval '24 hours'");
        await sweep.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>Gives the key back: the request was refused or failed, so that it may be tried again.</summary>
    public async Task Release(string actor, string key)
    {
        await using var release = database.CreateCommand("delete from toolgate.idempotency_keys where actor = $1 and key = $2 and status is null");
        release.Parameters.AddWithValue(actor);
        release.Parameters.AddWithValue(key);
        await release.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private static byte[] Digest(byte[] salt, ReadOnlySpan<byte> target, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(salt);
        hash.AppendData(target);
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
