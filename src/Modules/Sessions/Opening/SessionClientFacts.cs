using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>What a session's client said of itself, as it said it. The log names the capabilities; a client's own JSON has no place in what is never erased.</summary>
/// <param name="Capabilities">Its <c>ClientCapabilities</c>, a JSON object.</param>
/// <param name="Info">Its <c>clientInfo</c>, a JSON object; empty when it gave none.</param>
/// <param name="LogLevel">The least severe log level that it asked for; null while it has not asked.</param>
internal sealed record SessionClientFacts(ReadOnlyMemory<byte> Capabilities, ReadOnlyMemory<byte> Info, string? LogLevel)
{
    /// <summary>Most bytes of capabilities, and of client information.</summary>
    public const int MostBytes = 16 * 1024;

    /// <summary>A client that said nothing.</summary>
    public static SessionClientFacts None { get; } = new("{}"u8.ToArray(), default, null);
}

/// <summary>Table <c>toolgate.session_clients</c>: read when a session comes to a node that did not open it.</summary>
internal sealed class SessionClients(NpgsqlDataSource database)
{
    /// <summary>The write that goes with the opening of a session.</summary>
    public static SideWrite Store(string sessionId, SessionClientFacts client) => new(
        "insert into toolgate.session_clients (session_id, capabilities, client_info) values ($1, $2, $3) on conflict (session_id) do nothing",
        sessionId, client.Capabilities.ToArray(), client.Info.ToArray());

    /// <summary>The write that goes with its end.</summary>
    public static SideWrite Remove(string sessionId) => new("delete from toolgate.session_clients where session_id = $1", sessionId);

    /// <summary>What is known of the client.</summary>
    public async Task<SessionClientFacts> Load(string sessionId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select capabilities, client_info, log_level from toolgate.session_clients where session_id = $1");
        command.Parameters.AddWithValue(sessionId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new SessionClientFacts(reader.GetFieldValue<byte[]>(0), reader.GetFieldValue<byte[]>(1), await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetString(2))
            : SessionClientFacts.None;
    }

    /// <summary>Keeps the log level, so that it outlives this node.</summary>
    public async Task SetLevel(string sessionId, string level, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update toolgate.session_clients set log_level = $2 where session_id = $1");
        command.Parameters.AddWithValue(sessionId);
        command.Parameters.AddWithValue(level);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
