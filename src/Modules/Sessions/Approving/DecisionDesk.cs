using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>A decision that was taken.</summary>
/// <param name="Approval">The approval after it.</param>
/// <param name="Position">Log position that shows it.</param>
/// <param name="Version">Version of its stream.</param>
/// <param name="PolicyId">The policy that was written with it, where one was.</param>
internal sealed record TakenDecision(Approval Approval, long Position, long Version, string? PolicyId);

/// <summary>Decides on behalf of a person, with everything that is refused to them, whichever way they come: REST or page.</summary>
internal sealed class DecisionDesk(ApprovalDesk desk, Remembering remembering)
{
    /// <summary>The approval, when the person sees it.</summary>
    public async ValueTask<Approval?> Find(string id, Principal reader, CancellationToken cancellationToken)
        => await desk.Find(id, cancellationToken) is { } approval && ApproverRule.Sees(reader, approval) ? approval : null;

    /// <summary>Decides: what is refused changes nothing, and a policy is written only with a yes.</summary>
    public async Task<(TakenDecision? Taken, Rejection? Refusal)> Decide(
        string id, bool approve, bool remember, string channel, Principal by, EventMetadata metadata, CancellationToken cancellationToken)
    {
        if (await Find(id, by, cancellationToken) is not { } approval)
        {
            return (null, ApprovalDesk.NotFound);
        }

        if ((ApproverRule.Refusal(by, approval) ?? (remember ? remembering.Refusal(approval, by) : null)) is { } refusal)
        {
            return (null, refusal);
        }

        var decided = await desk.Decide(
            id, new ApprovalVerdict(approve ? "approved" : "declined", channel, by.Id, by.CredentialId, remember), metadata, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return (null, rejection);
        }

        // After the decision: a policy must not be left by somebody who came too late. That it is missing when the server dies in between is told by its absence.
        var policy = remember ? await remembering.Write(approval, by, metadata, CancellationToken.None) : null;
        return (new TakenDecision(await desk.Find(id, cancellationToken) ?? approval, done.Position, done.Version, policy), null);
    }
}
