using System.Text.RegularExpressions;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Empty copies of a projection's tables, to be filled aside and then compared with the live ones or put in their place.</summary>
internal sealed partial class ShadowTables(NpgsqlDataSource dataSource, IProjection projection, string suffix) : IAsyncDisposable
{
    /// <summary>The qualified name of a table's shadow.</summary>
    public string NameOf(string table) => $"toolgate.{table}{suffix}";

    public async Task Create(CancellationToken cancellationToken)
    {
        foreach (var table in projection.Tables)
        {
            // A leftover of a node that died in the middle.
            await Execute($"drop table if exists {NameOf(table)}", cancellationToken);
            await Execute($"create table {NameOf(table)} (like {ProjectionStep.Live(table)} including all)", cancellationToken);
        }
    }

    /// <summary>
    /// Fills the shadows from <paramref name="from"/> up to a position, a transaction each batch. What cannot be applied is added to
    /// <paramref name="dead"/>. Answers the events applied.
    /// </summary>
    public async Task<long> Fill(long from, long upTo, List<DeadLetter> dead, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var batches = 0L;
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        while (await ProjectionStep.Next(connection, from, upTo, cancellationToken) is { } next)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ProjectionStep.Apply(projection, transaction, NameOf, from, next, dead, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            from = next;
            batches++;
            progress?.Report(from);
        }

        return batches;
    }

    /// <summary>Fills the rest inside a transaction that holds the projection still.</summary>
    public async Task Finish(NpgsqlTransaction transaction, long from, long upTo, List<DeadLetter> dead, CancellationToken cancellationToken)
    {
        while (await ProjectionStep.Next(transaction.Connection!, from, upTo, cancellationToken) is { } next)
        {
            await ProjectionStep.Apply(projection, transaction, NameOf, from, next, dead, cancellationToken);
            from = next;
        }
    }

    /// <summary>Puts the shadows in the place of the live tables. Indexes keep their live names, so that later migrations find them.</summary>
    public async Task Swap(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        foreach (var table in projection.Tables)
        {
            await Execute(transaction, $"lock table {ProjectionStep.Live(table)} in access exclusive mode", cancellationToken);
            var live = await Indexes(transaction, ProjectionStep.Live(table), cancellationToken);
            var shadow = await Indexes(transaction, NameOf(table), cancellationToken);
            await Execute(transaction, $"drop table {ProjectionStep.Live(table)}", cancellationToken);
            await Execute(transaction, $"alter table {NameOf(table)} rename to \"{table}\"", cancellationToken);
            foreach (var (definition, name) in live)
            {
                var twin = shadow.First(s => s.Definition == definition);
                shadow.Remove(twin);
                await Execute(transaction, $"alter index toolgate.\"{twin.Name}\" rename to \"{name}\"", cancellationToken);
            }
        }
    }

    /// <summary>Digest of the rows of every table, independent of their order.</summary>
    public static async Task<string> Digest(NpgsqlTransaction transaction, IProjection projection, Func<string, string> table, CancellationToken cancellationToken)
    {
        var digests = new List<string>();
        foreach (var name in projection.Tables)
        {
            await using var command = new NpgsqlCommand($"""
                select encode(sha256(coalesce(string_agg(d, ''::bytea order by d), ''::bytea)), 'hex')
                from (select sha256(convert_to(t::text, 'UTF8')) as d from {table(name)} t) rows
                """, transaction.Connection, transaction)
            { CommandTimeout = 0 };
            digests.Add((string)(await command.ExecuteScalarAsync(cancellationToken))!);
        }

        return digests.Count == 1
            ? digests[0]
            : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(string.Join('\n', digests))));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var table in projection.Tables)
        {
            await Execute($"drop table if exists {NameOf(table)}", CancellationToken.None);
        }
    }

    /// <summary>Indexes of a table with what they are, names left out.</summary>
    private static async Task<List<(string Definition, string Name)>> Indexes(NpgsqlTransaction transaction, string table, CancellationToken cancellationToken)
    {
        var found = new List<(string, string)>();
        await using var command = new NpgsqlCommand("""
            select pg_get_indexdef(i.indexrelid), i.indisprimary, c.relname
            from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = $1::regclass order by c.relname
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = table });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(($"{NamePart().Replace(reader.GetString(0), "INDEX ON")} {reader.GetBoolean(1)}", reader.GetString(2)));
        }

        return found;
    }

    // "CREATE UNIQUE INDEX name ON toolgate.table USING …"
    [GeneratedRegex("INDEX .+? ON [^ ]+", RegexOptions.CultureInvariant)]
    private static partial Regex NamePart();

    private static async Task Execute(NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task Execute(string sql, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
