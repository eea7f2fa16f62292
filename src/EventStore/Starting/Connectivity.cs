using System.Net.Sockets;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Tells a lost database from a statement that the database refused.</summary>
internal static class Connectivity
{
    /// <summary>True when the connection, and not the statement, is the reason.</summary>
    public static bool IsLost(Exception exception) => exception switch
    {
        // Class 08: connection; 57P: shutdown, crash, starting up; 53300: too many connections; 25006: a standby after a failover;
        // 55000: a database that takes no connections for now.
        PostgresException e => e.SqlState.StartsWith("08", StringComparison.Ordinal) || e.SqlState.StartsWith("57P", StringComparison.Ordinal)
            || e.SqlState is "53300" or "25006" or "55000",
        NpgsqlException or SocketException or IOException or TimeoutException => true,

        // A connection that broke earlier answers the next use with one of these.
        ObjectDisposedException or InvalidOperationException { Source: "Npgsql" } => true,
        _ => false,
    };

    /// <summary>What callers are told. The message names no host and no connection string.</summary>
    public static EventStoreUnavailableException Unavailable(Exception? inner = null) => new("The event log cannot be reached.", inner);
}
