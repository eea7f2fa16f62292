using System.Security.Cryptography;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// Tokens in the vault, renewed in place: no event, because nothing that anybody decided has changed. Table <c>toolgate.oauth_tokens</c> says without opening
/// them when they end, and whose turn it is to renew them. A turn is a row with an end and no lock: nothing of the database is held while a token
/// endpoint is asked, and a host that dies keeps nobody waiting for long.
/// </summary>
internal sealed class GrantStore(NpgsqlDataSource database, SecretVault vault)
{
    /// <summary>How long a turn lasts: longer than a token endpoint is waited for.</summary>
    public static TimeSpan Turn { get; } = TimeSpan.FromSeconds(30);

    /// <summary>The writes that go with the event that names the secret.</summary>
    public SideWrite[] Create(string secretId, Grant grant) =>
    [
        vault.Store(secretId, grant.ToValues()),
        new SideWrite(
            """
            insert into toolgate.oauth_tokens (secret_id, generation, ends_at, renews) values ($1, 1, case when $2 = 0 then null else to_timestamp($2) end, $3)
            on conflict (secret_id) do nothing
            """,
            secretId, grant.EndsAt?.ToUnixTimeSeconds() ?? 0L, grant.RefreshToken is not null),
    ];

    /// <summary>The tokens; null when they were destroyed or cannot be opened.</summary>
    public async ValueTask<Grant?> Read(string secretId, CancellationToken cancellationToken)
    {
        try
        {
            return await vault.Open(secretId, cancellationToken) is { } values ? Grant.Of(values) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Takes the turn; null while another one has it, or when the tokens are gone.</summary>
    /// <returns>The generation that the turn renews.</returns>
    public async Task<long?> Take(string secretId, string holder)
    {
        // The clock of the database: that of the hosts need not agree.
        await using var take = database.CreateCommand(
            """
            update toolgate.oauth_tokens set holder = $2, held_until = now() + $3
            where secret_id = $1 and (held_until is null or held_until < now()) returning generation
            """);
        take.Parameters.AddWithValue(secretId);
        take.Parameters.AddWithValue(holder);
        take.Parameters.AddWithValue(Turn);
        return await take.ExecuteScalarAsync() as long?;
    }

    /// <summary>Ends the turn without having renewed anything.</summary>
    public async Task Release(string secretId, string holder)
    {
        await using var release = database.CreateCommand("update toolgate.oauth_tokens set holder = null, held_until = null where secret_id = $1 and holder = $2");
        release.Parameters.AddWithValue(secretId);
        release.Parameters.AddWithValue(holder);
        await release.ExecuteNonQueryAsync();
    }

    /// <summary>Stores the next tokens and ends the turn; false when they are gone, or others were stored meanwhile.</summary>
    public async Task<bool> Renew(string secretId, long generation, Grant next)
    {
        var secret = vault.Seal(secretId, next.ToValues());
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var turn = new NpgsqlCommand(
            """
            update toolgate.oauth_tokens set generation = generation + 1, ends_at = $3, renews = $4, holder = null, held_until = null
            where secret_id = $1 and generation = $2
            """,
            connection, transaction))
        {
            turn.Parameters.AddWithValue(secretId);
            turn.Parameters.AddWithValue(generation);
            turn.Parameters.Add(new NpgsqlParameter { Value = (object?)next.EndsAt ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
            turn.Parameters.AddWithValue(next.RefreshToken is not null);
            if (await turn.ExecuteNonQueryAsync() == 0)
            {
                return false;
            }
        }

        await using (var write = new NpgsqlCommand("update toolgate.secrets set master_key_id = $2, wrapped_key = $3, sealed_values = $4 where id = $1", connection, transaction))
        {
            write.Parameters.AddWithValue(secretId);
            write.Parameters.AddWithValue(secret.MasterKeyId);
            write.Parameters.AddWithValue(secret.WrappedKey);
            write.Parameters.AddWithValue(secret.SealedValues);
            await write.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
        return true;
    }

    /// <summary>When the access tokens of connections end, by secret; those that nobody knows of are left out.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> Ends(IReadOnlyCollection<string> secretIds, CancellationToken cancellationToken)
    {
        var ends = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        if (secretIds.Count == 0)
        {
            return ends;
        }

        await using var read = database.CreateCommand("select secret_id, ends_at from toolgate.oauth_tokens where secret_id = any ($1) and ends_at is not null");
        read.Parameters.AddWithValue(secretIds.ToArray());
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ends[reader.GetString(0)] = reader.GetFieldValue<DateTimeOffset>(1);
        }

        return ends;
    }
}
