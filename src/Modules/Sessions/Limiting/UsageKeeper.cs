using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>
/// Keeps daily budgets over restarts and nodes: adds this node's calls to the table in bulk and reads back what all nodes have together. Between two rounds a
/// node does not see the others' calls, so a budget can be exceeded by what they admit in that time; a node that dies takes the calls of one round along.
/// Also writes down how many refusals have no record of their own, and lets go of subjects that nobody uses.
/// </summary>
internal sealed partial class UsageKeeper(Limiter limiter, NpgsqlDataSource database, IEventStore log, Node node, TimeProvider time, ILogger<UsageKeeper> logger)
    : BackgroundService
{
    /// <summary>Time between two rounds.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    private const int DaysKept = 35;

    private const string Add =
        """
        insert into toolgate.usage (day, kind, subject, calls)
        select $1, n.kind, n.subject, n.calls from unnest($2::text[], $3::text[], $4::bigint[]) as n (kind, subject, calls) where n.calls > 0 order by n.kind, n.subject
        on conflict (day, kind, subject) do update set calls = usage.calls + excluded.calls
        """;

    private const string Totals =
        """
        select u.kind, u.subject, u.calls from toolgate.usage u
        where u.day = $1 and (u.kind, u.subject) in (select * from unnest($2::text[], $3::text[]))
        """;

    private int day;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        day = limiter.Now.Day;
        await using var command = database.CreateCommand("select kind, subject, calls from toolgate.usage where day = $1");
        command.Parameters.AddWithValue(DateOnly.FromDayNumber(day));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            if (LimitWords.KindOf(rows.GetString(0)) is { } kind)
            {
                limiter.Begin(kind, rows.GetString(1), rows.GetInt64(2));
            }
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Try(cancellationToken);
    }

    /// <summary>One round.</summary>
    public async Task Round(CancellationToken cancellationToken)
    {
        var today = limiter.Now.Day;
        if (today != day)
        {
            day = today;
            limiter.BeginDay();
            await using var command = database.CreateCommand("delete from toolgate.usage where day < $1");
            command.Parameters.AddWithValue(DateOnly.FromDayNumber(today - DaysKept));
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await Save(today, cancellationToken);
        foreach (var subject in limiter.Subjects)
        {
            if (subject.TakeUnrecorded() is > 0 and var calls)
            {
                await Record(subject, calls, cancellationToken);
            }
        }

        limiter.ForgetIdle();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Try(stoppingToken);
        }
    }

    private async Task Try(CancellationToken cancellationToken)
    {
        try
        {
            await Round(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Limits go on with what this node knows; the next round makes up for it.
            Log.NotSaved(logger, e);
        }
    }

    private async Task Save(int today, CancellationToken cancellationToken)
    {
        var counted = limiter.Subjects.Select(subject => (Subject: subject, Calls: subject.Unsaved(today))).Where(pair => pair.Calls is not null)
            .ToDictionary(pair => (pair.Subject.Kind.Word(), pair.Subject.Id), pair => (pair.Subject, Calls: pair.Calls!.Value));
        if (counted.Count == 0)
        {
            return;
        }

        var (kinds, ids) = (counted.Keys.Select(key => key.Item1).ToArray(), counted.Keys.Select(key => key.Id).ToArray());
        if (counted.Values.Any(pair => pair.Calls > 0))
        {
            await using var add = database.CreateCommand(Add);
            add.Parameters.AddWithValue(DateOnly.FromDayNumber(today));
            add.Parameters.AddWithValue(kinds);
            add.Parameters.AddWithValue(ids);
            add.Parameters.AddWithValue(counted.Values.Select(pair => pair.Calls).ToArray());
            await add.ExecuteNonQueryAsync(cancellationToken);
            foreach (var (subject, calls) in counted.Values)
            {
                subject.Saved(today, calls);
            }
        }

        await using var totals = database.CreateCommand(Totals);
        totals.Parameters.AddWithValue(DateOnly.FromDayNumber(today));
        totals.Parameters.AddWithValue(kinds);
        totals.Parameters.AddWithValue(ids);
        await using var rows = await totals.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            counted[(rows.GetString(0), rows.GetString(1))].Subject.Spent(today, rows.GetInt64(2));
        }
    }

    private async Task Record(LimitedSubject subject, long calls, CancellationToken cancellationToken)
    {
        var (kind, id) = (subject.Kind, subject.Id);
        await log.Append(
            new AppendRequest
            {
                StreamId = "limited-" + Ids.New("lim"),
                StreamType = "limited",
                Expected = ExpectedVersion.NoStream,
                Events =
                [
                    new CallsLimited(
                        kind.Word(), id, kind == LimitKind.Principal ? id : null, kind == LimitKind.Toolkit ? id : null, calls, node.Id, LimitRefusal.Code),
                ],
                Metadata = EventMetadata.System,
            },
            cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The calls of the day could not be saved")]
        public static partial void NotSaved(ILogger logger, Exception exception);
    }
}
