using Npgsql;

namespace Toolgate.TestSupport;

/// <summary>A fresh database in the shared throwaway cluster. Disposing drops it, cutting off whoever is still connected.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private static int created;

    private TestDatabase(string name, string connectionString)
    {
        Name = name;
        ConnectionString = connectionString;
    }

    /// <summary>Name of the database.</summary>
    public string Name { get; }

    /// <summary>Connects as its owner, the ordinary role <c>toolgate</c>, with pooling.</summary>
    public string ConnectionString { get; }

    /// <summary>Makes an empty database.</summary>
    public static async Task<TestDatabase> Create(CancellationToken cancellationToken = default)
    {
        var name = $"test_{Interlocked.Increment(ref created)}";
        await Administer($"create database {name} owner toolgate", cancellationToken);
        var connection = new NpgsqlConnectionStringBuilder(await TestCluster.AdministratorConnectionString())
        {
            Username = "toolgate",
            Database = name,
            Pooling = true,
            MaxPoolSize = 50,
        };
        return new TestDatabase(name, connection.ConnectionString);
    }

    /// <summary>Runs one statement in this database.</summary>
    public async Task Execute(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The single value of a query in this database, null for no row or a null.</summary>
    public async Task<T?> Scalar<T>(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }

    /// <summary>Cuts every connection to this database, as a failover would.</summary>
    public Task CutConnections(CancellationToken cancellationToken = default)
        => Administer($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{Name}'", cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearPool(new NpgsqlConnection(ConnectionString));
        await Administer($"drop database if exists {Name} with (force)", CancellationToken.None);
    }

    private static async Task Administer(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(await TestCluster.AdministratorConnectionString());
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
