using System.Diagnostics;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>What somebody says of a request.</summary>
/// <param name="Outcome"><c>approved</c>, <c>declined</c> or <c>cancelled</c>.</param>
/// <param name="Channel">Where it was said.</param>
/// <param name="By">Who said it.</param>
/// <param name="Credential">With which credential.</param>
/// <param name="Remember">Whether a policy was asked for with it.</param>
internal sealed record ApprovalVerdict(string Outcome, string Channel, string By, string Credential, bool Remember = false);

/// <summary>Opens, decides and closes approvals: each an append that expects the version that was looked at, so that each happens once, whoever else tries.</summary>
internal sealed class ApprovalDesk(IEventStore log, IReadModels models, ApprovalPulse pulse, ApprovalVault vault, ApprovalsOptions options, TimeProvider time)
{
    private const int Attempts = 5;

    /// <summary>What is answered for an id that means nothing to whoever asks.</summary>
    public static Rejection NotFound { get; } = Rejection.NotFound("approval_not_found", "There is no such approval.");

    /// <summary>
    /// The open approval of an equal request, or a new one; null when its principal has too many open. Concurrent equal requests, also on other nodes, meet at the
    /// claim on their key and share one.
    /// </summary>
    /// <param name="asked">The request; its id and expiry are made here.</param>
    /// <param name="sent">The arguments as sent.</param>
    /// <param name="shown">What people see.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    public async Task<Approval?> Open(ApprovalRequested asked, ReadOnlyMemory<byte> sent, Func<ShownRequest> shown, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (state, now) = (pulse.Now, time.GetUtcNow());
            if (state.OfKey(asked.RequestKey) is { } known && known.At(now) is ApprovalStatus.Pending or ApprovalStatus.Approved)
            {
                return known;
            }

            if (state.Open.Values.Count(open => open.Asked.PrincipalId == asked.PrincipalId && open.At(now) == ApprovalStatus.Pending) >= options.MaxPendingEach)
            {
                return null;
            }

            var id = Ids.New("apr");
            var request = asked with { ApprovalId = id, ExpiresAt = now + options.ExpireAfter };
            var outcome = await log.Append(
                new AppendRequest
                {
                    StreamId = Approval.StreamOf(id),
                    StreamType = Approval.StreamType,
                    Expected = ExpectedVersion.NoStream,
                    Events = [request],
                    Metadata = new EventMetadata(asked.PrincipalId, Activity.Current?.TraceId.ToHexString()),
                    Claims = [new NameClaim(Approval.KeyScope, asked.RequestKey)],
                    Alongside = [vault.Keep(id, sent, shown())],
                },
                cancellationToken);
            switch (outcome)
            {
                case AppendOutcome.Appended appended:
                    await models.WaitFor(appended.Position, cancellationToken);
                    return pulse.Now.Find(id);
                case AppendOutcome.NameTaken taken:
                    // Another call, or another node, was quicker; or what holds the key is too old and nobody has said so yet.
                    var holder = await log.FoldStream(taken.HolderStreamId, Approval.Fold, cancellationToken: cancellationToken);
                    await models.WaitFor(holder.Position, cancellationToken);
                    if (holder.State.Approval is { IsOpen: true } old && old.At(time.GetUtcNow()) == ApprovalStatus.Expired)
                    {
                        await Lapse(old, "expired", cancellationToken);
                    }

                    break;
            }
        }

        return null;
    }

    /// <summary>An approval as this node knows it; one that ended long ago is read from the log.</summary>
    public async ValueTask<Approval?> Find(string id, CancellationToken cancellationToken)
    {
        if (pulse.Now.Find(id) is { } known)
        {
            return known;
        }

        return id.StartsWith("apr_", StringComparison.Ordinal) && id.Length < 64
            ? await Newest(id, cancellationToken)
            : null;
    }

    /// <summary>An approval as the log has it now, whatever this node has heard of it.</summary>
    public async Task<Approval?> Newest(string id, CancellationToken cancellationToken)
        => (await log.FoldStream(Approval.StreamOf(id), Approval.Fold, cancellationToken: cancellationToken)).State.Approval;

    /// <summary>Decides; of any number who try, one does, and the others learn that they were late.</summary>
    public Task<Decided<ApprovalFold>> Decide(string id, ApprovalVerdict verdict, EventMetadata metadata, CancellationToken cancellationToken) => log.Decide(
        Approval.StreamOf(id), Approval.StreamType, Approval.Fold, folded => Decide(folded.State, verdict, time.GetUtcNow(), options.ExpireAfter), metadata,
        cancellationToken: cancellationToken);

    /// <summary>The decision about a decision.</summary>
    public static Decision Decide(ApprovalFold state, ApprovalVerdict verdict, DateTimeOffset now, TimeSpan usable) => state.Approval switch
    {
        null => NotFound,
        { } approval when approval.At(now) == ApprovalStatus.Expired => Rejection.Conflict("approval_expired", "The request has expired: the call must be made again."),
        { } approval when approval.At(now) != ApprovalStatus.Pending => Rejection.Conflict("approval_decided", "The request has been decided."),
        { } approval => new Decision.Accepted(new ApprovalDecided(
            approval.Id, approval.Asked.Address, verdict.Outcome, verdict.Channel, verdict.By, verdict.Credential, verdict.Remember,
            verdict.Outcome == "approved" ? now + usable : null))
        {
            // A yes keeps what the call needs until the call begins.
            Alongside = verdict.Outcome == "approved" ? [] : [ApprovalVault.Erase(approval.Id)],
            Releases = verdict.Outcome == "approved" ? [] : [approval.Key],
        },
    };

    /// <summary>Closes what no call may use any more; false when something else happened to it first.</summary>
    public async Task<bool> Lapse(Approval approval, string outcome, CancellationToken cancellationToken) => await log.Append(
        new AppendRequest
        {
            StreamId = approval.StreamId,
            StreamType = Approval.StreamType,
            Expected = ExpectedVersion.At(approval.Version),
            Events = [new ApprovalLapsed(approval.Id, approval.Asked.Address, outcome)],
            Metadata = EventMetadata.System,
            Releases = [approval.Key],
            Alongside = [ApprovalVault.Erase(approval.Id)],
        },
        cancellationToken) is AppendOutcome.Appended;

    /// <summary>Waits until an approval is no longer pending, or a time; what it is then.</summary>
    public async Task<Approval?> Settled(string id, DateTimeOffset until, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (changed, now) = (pulse.Next, time.GetUtcNow());
            var approval = pulse.Now.Find(id);
            if (approval?.At(now) != ApprovalStatus.Pending || now >= until)
            {
                return approval;
            }

            // Nobody tells that time has passed.
            var left = (until < approval.Asked.ExpiresAt ? until : approval.Asked.ExpiresAt) - now;
            try
            {
                await changed.WaitAsync(left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1), time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Looked at again.
            }
        }
    }
}
