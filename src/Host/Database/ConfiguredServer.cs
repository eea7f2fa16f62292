using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace Toolgate.Host;

/// <summary>A PostgreSQL server that the operator runs.</summary>
internal static class ConfiguredServer
{
    private const string Setting = "ConnectionStrings:Toolgate";

    /// <summary>Connects once, to say at start what would otherwise fail later. A server that is not up yet is waited for.</summary>
    /// <exception cref="StartupFailureException">The server cannot be used; the message never holds the connection string.</exception>
    public static async Task<(NpgsqlDataSource DataSource, string Description)> Connect(
        string connectionString, TimeSpan patience, CancellationToken cancellationToken)
    {
        var builder = Parse(connectionString);
        var at = $"{builder.Host}{(builder.Host?.StartsWith('/') == true ? "" : ":" + builder.Port)}";
        var dataSource = NpgsqlDataSource.Create(builder);
        try
        {
            var started = Stopwatch.GetTimestamp();
            while (true)
            {
                try
                {
                    await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
                    return connection.PostgreSqlVersion.Major >= PostgresBinaries.OldestMajor
                        ? (dataSource, $"PostgreSQL {connection.ServerVersion} on {at}")
                        : throw new StartupFailureException(
                            $"PostgreSQL {connection.ServerVersion} on {at} is too old: Toolgate needs PostgreSQL {PostgresBinaries.OldestMajor} or later.");
                }
                catch (NpgsqlException e) when (IsPassing(e) && Stopwatch.GetElapsedTime(started) < patience)
                {
                    await Task.Delay(250, cancellationToken);
                }
            }
        }
        catch (NpgsqlException e)
        {
            await dataSource.DisposeAsync();
            throw new StartupFailureException(Describe(e, builder, at), e);
        }
        catch
        {
            await dataSource.DisposeAsync();
            throw;
        }
    }

    /// <summary>What to tell about a failed connection.</summary>
    internal static string Describe(NpgsqlException exception, NpgsqlConnectionStringBuilder builder, string at) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
            $"PostgreSQL on {at} refused the credentials of the user '{builder.Username}'. Check {Setting}.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } =>
            $"PostgreSQL on {at} has no database '{builder.Database}'. Create it (createdb -O {builder.Username} {builder.Database}) or check {Setting}.",
        PostgresException e => $"PostgreSQL on {at} refused the connection: {e.MessageText} ({e.SqlState}). Check {Setting}.",
        _ when exception.Message.Contains("password", StringComparison.OrdinalIgnoreCase) =>
            $"PostgreSQL on {at} asks for a password of the user '{builder.Username}', and {Setting} holds none.",
        _ => $"PostgreSQL on {at} cannot be reached: {(exception.InnerException ?? exception).Message}. Check {Setting}, or remove it to use the embedded server.",
    };

    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            builder.ApplicationName ??= "toolgate";
            return string.IsNullOrEmpty(builder.Host)
                ? throw new StartupFailureException($"{Setting} names no Host. It reads like Host=db.example;Database=toolgate;Username=toolgate;Password=….")
                : builder;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The library's message may quote the value.
            throw new StartupFailureException(
                $"{Setting} cannot be read. It reads like Host=db.example;Database=toolgate;Username=toolgate;Password=….");
        }
    }

    private static bool IsPassing(NpgsqlException exception)
        => exception is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections }
            || exception.InnerException is SocketException or TimeoutException or IOException;
}
