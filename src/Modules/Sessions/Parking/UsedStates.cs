using Npgsql;

namespace Toolgate.Sessions;

/// <summary>Table <c>toolgate.used_states</c>: of all nodes that are brought the same state, one may act on it.</summary>
internal sealed class UsedStates(NpgsqlDataSource database)
{
    /// <summary>Uses a state up; false when it was used before.</summary>
    public async Task<bool> Use(RequestState state, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("insert into toolgate.used_states (nonce, expires_at) values ($1, $2) on conflict (nonce) do nothing");
        command.Parameters.AddWithValue(state.Nonce);
        command.Parameters.AddWithValue(state.ExpiresAt.UtcDateTime);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Forgets states that have expired anyway. Clocks of nodes may differ by less than a minute.</summary>
    public async Task Sweep(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from toolgate.used_states where expires_at < $1");
        command.Parameters.AddWithValue((now - TimeSpan.FromMinutes(1)).UtcDateTime);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
