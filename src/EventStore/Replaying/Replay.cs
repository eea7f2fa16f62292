using System.Security.Cryptography;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Rebuilds everything aside and compares digests.</summary>
internal sealed class Replay(ModelSet models, IReadModels live, ProjectionHost projections, NpgsqlDataSource dataSource, TimeProvider time) : IReplay
{
    private const string ShadowSuffix = "__replay";

    public async Task<ReplayReport> Run(IProgress<(long Done, long Total)>? progress = null, CancellationToken cancellationToken = default)
    {
        var began = time.GetTimestamp();
        try
        {
            // The snapshot is immutable: it stays what it is while the log is folded up to its position.
            var snapshot = live.Current;
            var results = await ReadModels(snapshot, progress, cancellationToken);
            foreach (var projection in projections.Projections.OrderBy(p => p.Name, StringComparer.Ordinal))
            {
                results.Add(await Projection(projection, progress, cancellationToken));
            }

            progress?.Report((snapshot.Position, snapshot.Position));
            return new(snapshot.Position, await Count(snapshot.Position, cancellationToken), time.GetElapsedTime(began), results);
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
    }

    private async Task<List<ReplayedModel>> ReadModels(ReadSnapshot snapshot, IProgress<(long, long)>? progress, CancellationToken cancellationToken)
    {
        var states = models.Empty();
        var next = 0L;
        await models.Fold(states, snapshot.Position, done =>
        {
            if (done >= next)
            {
                next = done + 10_000;
                progress?.Report((done, snapshot.Position));
            }
        }, cancellationToken);
        return [.. models.Models.Select((model, i) => new ReplayedModel(
            model.Name, Digest(model.Serialize(snapshot.States[model.StateType])), Digest(model.Serialize(states.States[i])), snapshot.Position))];
    }

    private async Task<ReplayedModel> Projection(IProjection projection, IProgress<(long, long)>? progress, CancellationToken cancellationToken)
    {
        // Two replays at once would meet in the same shadows; the second waits for the first.
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var turn = new NpgsqlCommand("select pg_advisory_lock(hashtextextended($1, 1919250544))", connection) { CommandTimeout = 0 };
        turn.Parameters.Add(new() { Value = projection.Name });
        await turn.ExecuteNonQueryAsync(cancellationToken);
        try
        {
            await using var shadows = new ShadowTables(dataSource, projection, ShadowSuffix);
            await shadows.Create(cancellationToken);
            var dead = new List<DeadLetter>();
            var near = await ProjectionCheckpoint.Read(dataSource, projection.Name, cancellationToken);
            await shadows.Fill(0, near, dead, progress is null ? null : new Progress<long>(done => progress.Report((done, near))), cancellationToken);

            // The checkpoint's row lock holds the live tables still at exactly one position.
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var position = await ProjectionCheckpoint.Lock(transaction, projection.Name, cancellationToken);
            await shadows.Finish(transaction, near, position, dead, cancellationToken);
            var liveDigest = await ShadowTables.Digest(transaction, projection, ProjectionStep.Live, cancellationToken);
            var rebuilt = await ShadowTables.Digest(transaction, projection, shadows.NameOf, cancellationToken);
            await transaction.RollbackAsync(cancellationToken);
            return new(projection.Name, liveDigest, rebuilt, position);
        }
        finally
        {
            await using var done = new NpgsqlCommand("select pg_advisory_unlock(hashtextextended($1, 1919250544))", connection);
            done.Parameters.Add(new() { Value = projection.Name });
            await done.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private async Task<long> Count(long position, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select count(*) from events.mt_events where seq_id <= $1");
        command.Parameters.Add(new() { Value = position });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static string Digest(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
