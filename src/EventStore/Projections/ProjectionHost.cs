using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Runs every projection of this deployment that no other node runs.</summary>
internal sealed partial class ProjectionHost : IProjections, IAsyncDisposable
{
    private const string ShadowSuffix = "__rebuild";

    // "rebu" in ASCII.
    private const long RebuildSeed = 0x72656275;
    private readonly Dictionary<string, ProjectionRunner> runners;
    private readonly NpgsqlDataSource dataSource;
    private readonly LogReader reader;
    private readonly ILogger<ProjectionHost> logger;
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public ProjectionHost(
        IEnumerable<IProjection> projections, NpgsqlDataSource dataSource, LogReader reader, LogSignal signal, TimeProvider time,
        IOptions<EventStoreOptions> options, ILogger<ProjectionHost> logger)
    {
        (this.dataSource, this.reader, this.logger) = (dataSource, reader, logger);
        runners = projections.ToDictionary(p => p.Name, p => new ProjectionRunner(p, dataSource, signal, time, options.Value, logger), StringComparer.Ordinal);
    }

    public IEnumerable<IProjection> Projections => runners.Values.Select(r => r.Projection);

    public void Start() => running = Task.WhenAll(runners.Values.Select(r => Task.Run(() => r.Run(stopping.Token))));

    public async Task Stop()
    {
        if (!stopping.IsCancellationRequested)
        {
            await stopping.CancelAsync();
        }

        await running;
    }

    public Task WaitFor(string name, long position, CancellationToken cancellationToken = default)
        => runners[name].WaitFor(position, cancellationToken);

    public async Task<IReadOnlyList<ProjectionStatus>> Status(CancellationToken cancellationToken = default)
    {
        try
        {
            var head = await reader.Head(cancellationToken);
            var rows = new List<ProjectionStatus>();
            foreach (var (name, runner) in runners.OrderBy(r => r.Key, StringComparer.Ordinal))
            {
                await using var command = dataSource.CreateCommand("select count(*) from toolgate.dead_letters where projection = $1");
                command.Parameters.Add(new() { Value = name });
                var dead = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
                rows.Add(new(name, await ProjectionCheckpoint.Read(dataSource, name, cancellationToken), head, runner.Leads, dead, runner.Fault));
            }

            return rows;
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
    }

    public async Task Rebuild(string name, CancellationToken cancellationToken = default)
    {
        var projection = runners[name].Projection;
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        if (await Scalar(connection, "select pg_try_advisory_lock(hashtextextended($1, $2))", name, cancellationToken) is not true)
        {
            throw new InvalidOperationException($"Projection {name} is being rebuilt already.");
        }

        try
        {
            await using var shadows = new ShadowTables(dataSource, projection, ShadowSuffix);
            await shadows.Create(cancellationToken);
            var dead = new List<DeadLetter>();
            var head = await reader.Head(cancellationToken);
            await shadows.Fill(0, head, dead, null, cancellationToken);

            // The rest with the projection held still. The live one may even be behind: it then continues from where the new tables are.
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var position = Math.Max(head, await ProjectionCheckpoint.Lock(transaction, name, cancellationToken));
            await shadows.Finish(transaction, head, position, dead, cancellationToken);
            await shadows.Swap(transaction, cancellationToken);
            await using (var clear = new NpgsqlCommand("delete from toolgate.dead_letters where projection = $1", connection, transaction))
            {
                clear.Parameters.Add(new() { Value = name });
                await clear.ExecuteNonQueryAsync(cancellationToken);
            }

            await ProjectionCheckpoint.Move(transaction, name, position, dead, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            Log.Rebuilt(logger, name, position, dead.Count);
        }
        finally
        {
            // The lock belongs to the session, and the session goes back to the pool.
            await Scalar(connection, "select pg_advisory_unlock(hashtextextended($1, $2))", name, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!stopping.IsCancellationRequested)
        {
            await Stop();
        }
    }

    private static async Task<object?> Scalar(NpgsqlConnection connection, string sql, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(new() { Value = RebuildSeed });
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Projection {Projection} was rebuilt up to {Position}, {DeadLetters} dead letters.")]
        public static partial void Rebuilt(ILogger logger, string projection, long position, int deadLetters);
    }
}
