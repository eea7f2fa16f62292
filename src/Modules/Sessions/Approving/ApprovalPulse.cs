using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>Wakes those who wait for an approval whenever approvals changed. One reference is compared for each batch of the log; who waits pays for the rest.</summary>
internal sealed class ApprovalPulse
{
    private readonly IReadModels models;
    private volatile TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ApprovalsState seen;

    public ApprovalPulse(IReadModels models)
    {
        this.models = models;
        seen = models.Current.Get<ApprovalsState>();
        models.Published += snapshot =>
        {
            var state = snapshot.Get<ApprovalsState>();
            if (!ReferenceEquals(state, seen))
            {
                seen = state;
                Interlocked.Exchange(ref next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            }
        };
    }

    /// <summary>The approvals now.</summary>
    public ApprovalsState Now => models.Current.Get<ApprovalsState>();

    /// <summary>Done with the next change. Taken before looking at <see cref="Now"/>, it misses none.</summary>
    public Task Next => next.Task;
}
