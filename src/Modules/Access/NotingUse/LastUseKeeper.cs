using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>
/// Writes down when credentials were used last, in bulk and never as an event: the log is for what changes something. Reads back what other nodes noted, so that a
/// sign-in that is busy there is not idle here. A node that dies takes the uses of one round along.
/// </summary>
internal sealed partial class LastUseKeeper(LastUse uses, IReadModels models, NpgsqlDataSource database, TimeProvider time, ILogger<LastUseKeeper> logger)
    : BackgroundService
{
    /// <summary>Time between two rounds.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private const string Save =
        """
        insert into toolgate.credential_uses (credential_id, used_at)
        select n.id, n.at from unnest($1::text[], $2::timestamptz[]) as n (id, at) order by n.id
        on conflict (credential_id) do update set used_at = greatest(credential_uses.used_at, excluded.used_at)
        """;

    /// <summary>Reads what was noted before. Completes before the server listens.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Read(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Try(cancellationToken);
    }

    /// <summary>One round.</summary>
    public async Task Round(CancellationToken cancellationToken)
    {
        var unsaved = uses.Unsaved();
        if (unsaved.Count > 0)
        {
            await using var command = database.CreateCommand(Save);
            command.Parameters.AddWithValue(unsaved.Select(use => use.CredentialId).ToArray());
            command.Parameters.AddWithValue(unsaved.Select(use => use.UsedAt.UtcDateTime).ToArray());
            await command.ExecuteNonQueryAsync(cancellationToken);
            foreach (var (id, usedAt) in unsaved)
            {
                uses.Saved(id, usedAt);
            }
        }

        await Read(cancellationToken);
    }

    /// <inheritdoc/>
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
            // What was not saved stays noted; the next round makes up for it.
            Log.NotSaved(logger, e);
        }
    }

    /// <summary>Rows of credentials that have ended go; one that another node has just issued keeps its row only from its next use on.</summary>
    private async Task Read(CancellationToken cancellationToken)
    {
        var snapshot = models.Current;
        var (keys, signIns) = (snapshot.Get<AccessState>().Keys, snapshot.Get<SignInsState>().SignIns);
        bool IsLive(string id) => keys.ContainsKey(id) || signIns.ContainsKey(id);
        var ended = new List<string>();
        await using (var command = database.CreateCommand("select credential_id, used_at from toolgate.credential_uses"))
        await using (var rows = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await rows.ReadAsync(cancellationToken))
            {
                var id = rows.GetString(0);
                if (IsLive(id))
                {
                    uses.Learn(id, new DateTimeOffset(rows.GetDateTime(1), TimeSpan.Zero));
                }
                else
                {
                    ended.Add(id);
                }
            }
        }

        if (ended.Count > 0)
        {
            await using var delete = database.CreateCommand("delete from toolgate.credential_uses where credential_id = any($1)");
            delete.Parameters.AddWithValue(ended.ToArray());
            await delete.ExecuteNonQueryAsync(cancellationToken);
        }

        uses.Forget(IsLive);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "When credentials were used last could not be saved")]
        public static partial void NotSaved(ILogger logger, Exception exception);
    }
}
