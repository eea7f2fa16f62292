using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>
/// Reports that this node lives, and gives the calls of nodes that no longer do their outcome. By the database's clock alone; the log's
/// expected version makes one outcome win, whoever else comes to the same conclusion, and the node itself if it was only slow.
/// </summary>
internal sealed partial class NodeLife(
    NpgsqlDataSource database, IEventStore log, Node node, ArgumentsSalt salt, SessionsOptions options, TimeProvider time, ILogger<NodeLife> logger)
    : BackgroundService
{
    private const string Report =
        "insert into toolgate.session_nodes (node_id) values ($1) on conflict (node_id) do update set reported_at = now()";

    /// <summary>Calls of nodes that are gone or silent for longer than the lease.</summary>
    private const string Orphans =
        """
        select c.call_id, c.stream_id from toolgate.running_calls c left join toolgate.session_nodes n using (node_id)
        where c.node_id <> $1 and (n.node_id is null or n.reported_at < now() - $2::interval)
        order by c.started_at limit 1000
        """;

    /// <summary>Timestamp of the last report that arrived.</summary>
    private long reported;

    /// <summary>Timestamp of the report that ended a silence of this node longer than the lease.</summary>
    private long? returned;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await salt.Load(database, cancellationToken);
        await Execute(Report, cancellationToken, node.Id);
        reported = time.GetTimestamp();
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await Execute("delete from toolgate.session_nodes where node_id = $1", cancellationToken, node.Id);
        }
        catch (Exception e)
        {
            // The lease runs out by itself.
            Log.Unreachable(logger, e);
        }
    }

    /// <summary>Gives every call of a dead node its outcome; how many there were.</summary>
    public async Task<int> InterruptOrphans(CancellationToken cancellationToken)
    {
        var streams = new List<string>();
        await using (var command = database.CreateCommand(Orphans))
        {
            command.Parameters.AddWithValue(node.Id);
            command.Parameters.AddWithValue(options.Lease);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                streams.Add(await reader.IsDBNullAsync(1, cancellationToken) ? "call-" + reader.GetString(0) : reader.GetString(1));
            }
        }

        var interrupted = 0;
        foreach (var stream in streams)
        {
            // An approved call is attempted in the stream of its approval, after it was asked for, decided and used.
            await foreach (var e in log.ReadStream(stream, cancellationToken: cancellationToken))
            {
                interrupted += e.Data is ToolCallAttempted attempt && await Interrupt(attempt, e, cancellationToken) ? 1 : 0;
            }
        }

        if (interrupted > 0)
        {
            Log.Interrupted(logger, interrupted);
        }

        await Execute("delete from toolgate.session_nodes where reported_at < now() - $1::interval", cancellationToken, options.Lease * 10);
        return interrupted;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Lease / 4, time);
        do
        {
            try
            {
                await Round(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is: the next round tries again, and the host goes on.
                Log.Unreachable(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>
    /// One round: reports, then interrupts what dead nodes left. A node that could not report for longer than the lease learns that the database
    /// was away, and with it every other node's report: it gives the others one lease to report before it judges them.
    /// </summary>
    public async Task<int> Round(CancellationToken cancellationToken)
    {
        await Execute(Report, cancellationToken, node.Id);
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(reported, now) > options.Lease)
        {
            returned = now;
        }

        reported = now;
        return returned is { } since && time.GetElapsedTime(since, now) <= options.Lease ? 0 : await InterruptOrphans(cancellationToken);
    }

    private async Task<bool> Interrupt(ToolCallAttempted attempt, StoredEvent e, CancellationToken cancellationToken)
    {
        var outcome = await log.Append(
            new AppendRequest
            {
                StreamId = e.StreamId,
                Expected = ExpectedVersion.At(e.Version),
                Events = [CallFacts.Interrupted(attempt)],
                Metadata = EventMetadata.System,
                Alongside = [new SideWrite("delete from toolgate.running_calls where call_id = $1", attempt.CallId)],
            },
            cancellationToken);
        return outcome is AppendOutcome.Appended;
    }

    private async Task Execute(string sql, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Count} calls of a node that died now have the outcome 'interrupted'")]
        public static partial void Interrupted(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Warning, "This node could not report that it lives")]
        public static partial void Unreachable(ILogger logger, Exception exception);
    }
}
