using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Applies numbered, forward-only migrations of every assembly, in registration order, once, whichever host comes first.</summary>
internal sealed class Migrator(NpgsqlDataSource dataSource, IReadOnlyList<MigrationSource> sources)
{
    // "toolgate" in ASCII: the lock that hosts starting together meet at.
    private const long LockKey = 0x746f6f6c67617465;

    public async Task Run(CancellationToken cancellationToken)
    {
        var wanted = sources.DistinctBy(s => s.Assembly).SelectMany(s => Find(s.Assembly)).ToList();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        if (connection.PostgreSqlVersion.Major < 14)
        {
            throw new InvalidOperationException(
                $"PostgreSQL {connection.PostgreSqlVersion} is too old: Toolgate needs 14 or newer. Upgrade the server or use another one.");
        }

        if (Missing(wanted, await Applied(connection, cancellationToken)).Count == 0)
        {
            return;
        }

        await Execute(connection, null, $"select pg_advisory_lock({LockKey})", cancellationToken);
        try
        {
            await Execute(connection, null, """
                create schema if not exists toolgate;
                create table if not exists toolgate.migrations (
                    assembly   text        not null,
                    number     integer     not null,
                    name       text        not null,
                    checksum   text        not null,
                    applied_at timestamptz not null default now(),
                    constraint migrations_pkey primary key (assembly, number))
                """, cancellationToken);
            foreach (var migration in Missing(wanted, await Applied(connection, cancellationToken)))
            {
                await Apply(connection, migration, cancellationToken);
            }
        }
        finally
        {
            // The lock belongs to the session, and the session goes back to the pool.
            await Execute(connection, null, $"select pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    private static async Task Apply(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Execute(connection, transaction, migration.Sql, cancellationToken);
        await using var record = new NpgsqlCommand(
            "insert into toolgate.migrations (assembly, number, name, checksum) values ($1, $2, $3, $4)", connection, transaction)
        {
            Parameters =
            {
                new() { Value = migration.Assembly }, new() { Value = migration.Number }, new() { Value = migration.Name }, new() { Value = migration.Checksum },
            },
        };
        await record.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static List<Migration> Missing(List<Migration> wanted, Dictionary<(string, int), string> applied)
    {
        var missing = new List<Migration>();
        foreach (var migration in wanted)
        {
            if (!applied.TryGetValue((migration.Assembly, migration.Number), out var checksum))
            {
                missing.Add(migration);
            }
            else if (checksum != migration.Checksum)
            {
                throw new InvalidOperationException(
                    $"Migration {migration.Number:0000} of {migration.Assembly} was applied with another text: migrations are never edited, add a new one.");
            }
        }

        return missing;
    }

    private static async Task<Dictionary<(string Assembly, int Number), string>> Applied(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<(string, int), string>();
        await using var exists = new NpgsqlCommand("select to_regclass('toolgate.migrations') is not null", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return applied;
        }

        await using var command = new NpgsqlCommand("select assembly, number, checksum from toolgate.migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            applied.Add((reader.GetString(0), reader.GetInt32(1)), reader.GetString(2));
        }

        return applied;
    }

    private static List<Migration> Find(Assembly assembly)
    {
        var simpleName = assembly.GetName().Name!;
        var found = new List<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            var at = resource.IndexOf(".Migrations.", StringComparison.Ordinal);
            if (at < 0 || !resource.EndsWith(".sql", StringComparison.Ordinal))
            {
                continue;
            }

            var file = resource[(at + ".Migrations.".Length)..^".sql".Length];
            var number = int.Parse(file.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var sql = reader.ReadToEnd();
            found.Add(new(simpleName, number, file[5..], sql, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)))));
        }

        return [.. found.OrderBy(m => m.Number)];
    }

    private static async Task Execute(NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Migration(string Assembly, int Number, string Name, string Sql, string Checksum);
}
