using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// Ends sessions that nobody uses, or whose credential or toolkit has gone. When a session was last used is kept in memory and reported to
/// a side table in bulk, so that a node never ends a session that another node serves, and a restart forgets nothing. Those of this node whose credential ends do
/// not wait for a round: <see cref="CredentialWatch"/>.
/// </summary>
internal sealed partial class SessionKeeper(
    SessionRegistry sessions, IReadModels models, ICredentials credentials, IToolViews views, NpgsqlDataSource database, SessionsOptions options,
    TimeProvider time, ILogger<SessionKeeper> logger) : BackgroundService
{
    private const int AtOnce = 1_000;

    /// <summary>
    /// After a session was opened: ends the ones that were idle longest while this node has too many, its opener's own before anybody else's, so
    /// that nobody can drive others out by opening many.
    /// </summary>
    public async Task MakeRoom(Session opened)
    {
        while (sessions.Count > options.MaxLive
            && sessions.Local.Where(session => !ReferenceEquals(session, opened) && !session.IsBusy)
                .MinBy(session => (session.Facts.PrincipalId == opened.Facts.PrincipalId ? 0 : 1, session.UsedAt)) is { } oldest)
        {
            await sessions.End(oldest.Facts.Id, "evicted", "system", CancellationToken.None);
        }
    }

    /// <summary>One round: reports uses, then ends what must end. How many sessions it ended.</summary>
    public async Task<int> Sweep(CancellationToken cancellationToken)
    {
        sessions.ForgetEnded();
        await ReportUses(cancellationToken);
        await ForgetUses(cancellationToken);
        var now = time.GetUtcNow();
        var ended = 0;
        var idle = new List<string>();
        foreach (var session in models.Current.Get<SessionsState>().Live.Values)
        {
            if (credentials.Find(session.CredentialId) is not { } principal)
            {
                ended += await End(session.Id, "credential_ended", cancellationToken);
            }
            else if (views.Find(new McpResource(session.Toolkit), principal) is not { } view || view.ToolkitId != session.ToolkitId)
            {
                ended += await End(session.Id, "toolkit_ended", cancellationToken);
            }
            else if (now - session.OpenedAt > options.IdleTimeout)
            {
                idle.Add(session.Id);
            }
        }

        foreach (var id in await Unused(idle, cancellationToken))
        {
            ended += await End(id, "idle", cancellationToken);
        }

        return ended;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromTicks(Math.Clamp(options.IdleTimeout.Ticks / 4, TimeSpan.TicksPerSecond / 10, TimeSpan.TicksPerMinute));
        using var timer = new PeriodicTimer(pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Sweep(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is: the next round tries again, and the host goes on.
                Log.Unreachable(logger, e);
            }
        }
    }

    private async Task<int> End(string id, string reason, CancellationToken cancellationToken)
        => await sessions.End(id, reason, "system", cancellationToken) ? 1 : 0;

    /// <summary>Tells the deployment which sessions were used here since the last time.</summary>
    private async Task ReportUses(CancellationToken cancellationToken)
    {
        var used = sessions.Local.Where(session => session.UsedAt != session.ReportedAt || session.IsBusy).ToArray();
        var (now, stamp) = (time.GetUtcNow(), time.GetTimestamp());
        foreach (var some in used.Chunk(AtOnce))
        {
            var stamps = Array.ConvertAll(some, session => session.IsBusy ? stamp : session.UsedAt);
            await using var command = database.CreateCommand(
                """
                insert into toolgate.session_uses as u (session_id, used_at) select * from unnest($1::varchar[], $2::timestamptz[])
                on conflict (session_id) do update set used_at = greatest(u.used_at, excluded.used_at)
                """);
            command.Parameters.AddWithValue(Array.ConvertAll(some, session => session.Facts.Id));
            command.Parameters.AddWithValue(Array.ConvertAll(stamps, s => (now - time.GetElapsedTime(s, stamp)).UtcDateTime));
            await command.ExecuteNonQueryAsync(cancellationToken);
            for (var i = 0; i < some.Length; i++)
            {
                some[i].ReportedAt = stamps[i];
            }
        }
    }

    /// <summary>Removes uses that no decision needs any more: a node may have reported one after another had ended the session.</summary>
    private async Task ForgetUses(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from toolgate.session_uses where used_at < $1");
        command.Parameters.AddWithValue((time.GetUtcNow() - (options.IdleTimeout * 2)).UtcDateTime);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Those that no node used within the timeout. One that no node ever reported was used when it was opened.</summary>
    private async Task<List<string>> Unused(List<string> candidates, CancellationToken cancellationToken)
    {
        var unused = new List<string>();
        var limit = time.GetUtcNow() - options.IdleTimeout;
        foreach (var some in candidates.Chunk(AtOnce))
        {
            await using var command = database.CreateCommand(
                """
                select c.id from unnest($1::varchar[]) as c(id) left join toolgate.session_uses u on u.session_id = c.id
                where u.used_at is null or u.used_at < $2
                """);
            command.Parameters.AddWithValue(some);
            command.Parameters.AddWithValue(limit.UtcDateTime);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                unused.Add(reader.GetString(0));
            }
        }

        return unused;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Sessions could not be swept")]
        public static partial void Unreachable(ILogger logger, Exception exception);
    }
}
