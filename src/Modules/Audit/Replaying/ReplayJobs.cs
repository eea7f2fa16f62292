using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Toolgate.Audit.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>
/// Replays of this node: at most one runs, the last ones are remembered in memory. The result of each is an event, which is what lasts.
/// </summary>
internal sealed partial class ReplayJobs(
    IReplay replay, IEventStore store, IReadModels models, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<ReplayJobs> logger)
{
    private const int Remembered = 50;
    private readonly Lock gate = new();
    private readonly LinkedList<ReplayJob> jobs = new();

    /// <summary>The job with this id, or null.</summary>
    public ReplayJob? Find(string id)
    {
        lock (gate)
        {
            return jobs.FirstOrDefault(job => job.Id == id);
        }
    }

    /// <summary>Starts a replay, or answers the one that runs.</summary>
    public ReplayJob Start(EventMetadata metadata)
    {
        lock (gate)
        {
            if (jobs.Last?.Value is { Status: ReplayStatus.Running } running)
            {
                return running;
            }

            var job = new ReplayJob(Ids.New("rpl"), ReplayStatus.Running, new ReplayProgress(0, 0), time.GetUtcNow(), null, null, null, [], null);
            jobs.AddLast(job);
            if (jobs.Count > Remembered)
            {
                jobs.RemoveFirst();
            }

            _ = Task.Run(() => Run(job.Id, metadata));
            return job;
        }
    }

    private async Task Run(string id, EventMetadata metadata)
    {
        var stopping = lifetime.ApplicationStopping;
        try
        {
            var progress = new Reporter(read => Change(id, job => job with { Progress = read }));
            var report = await replay.Run(progress, stopping);
            var completed = new ReplayCompleted(id, report.Equal, report.Position, report.Events, [.. report.Models.Where(model => !model.Equal).Select(model => model.Name)]);
            var request = new AppendRequest { StreamId = "replay-" + id, StreamType = "replay", Events = [completed], Metadata = metadata };
            if (await store.Append(request, stopping) is AppendOutcome.Appended appended)
            {
                await models.WaitFor(appended.Position, stopping);
            }

            Change(id, job => job with
            {
                Status = ReplayStatus.Succeeded,
                Progress = new ReplayProgress(report.Position, report.Position),
                FinishedAt = time.GetUtcNow(),
                Equal = report.Equal,
                Position = report.Position,
                Models = [.. report.Models.Select(model => new ReplayJobModel(model.Name, model.LiveDigest, model.RebuiltDigest, model.Equal, model.Position))],
            });
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Fail(id, "The server stopped while it ran.");
        }
        catch (Exception exception)
        {
            // Nobody awaits this task: whatever ends it must be told here, to the operator in full and to the client without our insides.
            Log.Failed(logger, exception, id);
            Fail(id, "The replay could not be finished; the server's log says why.");
        }
    }

    private void Fail(string id, string error) => Change(id, job => job with { Status = ReplayStatus.Failed, FinishedAt = time.GetUtcNow(), Error = error });

    private void Change(string id, Func<ReplayJob, ReplayJob> change)
    {
        lock (gate)
        {
            for (var node = jobs.Last; node is not null; node = node.Previous)
            {
                if (node.Value.Id == id)
                {
                    node.Value = change(node.Value);
                    return;
                }
            }
        }
    }

    /// <summary>Reports in place: the framework's own hops threads, and a late report would overtake the result.</summary>
    private sealed class Reporter(Action<ReplayProgress> report) : IProgress<(long Done, long Total)>
    {
        public void Report((long Done, long Total) value) => report(new ReplayProgress(value.Done, value.Total));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Replay {Id} could not be finished.")]
        public static partial void Failed(ILogger logger, Exception exception, string id);
    }
}
