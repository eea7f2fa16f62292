using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>Writes policies of toolkits on behalf of somebody, with the refusals that the same person gets over REST.</summary>
public interface IToolkitPolicyWriting
{
    /// <summary>Why somebody may not write policies of a toolkit; null when they may.</summary>
    /// <param name="toolkitId"><c>tk_…</c>.</param>
    /// <param name="by">Who would write.</param>
    Rejection? Refusal(string toolkitId, Principal by);

    /// <summary>Puts a policy on top of a toolkit's.</summary>
    /// <param name="toolkitId"><c>tk_…</c>.</param>
    /// <param name="pattern">A valid pattern; an address is one.</param>
    /// <param name="action">What it says.</param>
    /// <param name="by">Who writes it.</param>
    /// <param name="metadata">Who and why, for the log.</param>
    /// <param name="cancellationToken">Withdraws it while it is not being committed.</param>
    /// <returns>Id of the policy, or why there is none: <c>toolkit_not_found</c>, <c>admin_required</c>, <c>too_many_policies</c>.</returns>
    Task<(string? PolicyId, Rejection? Refusal)> Add(
        string toolkitId, string pattern, PolicyAction action, Principal by, EventMetadata metadata, CancellationToken cancellationToken);
}
