using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Policies;

/// <summary>Writes rules on behalf of somebody, with the refusals that the same person gets over REST.</summary>
public interface IRuleWriting
{
    /// <summary>Puts a rule on top of its owner's list.</summary>
    /// <param name="owner">Whose list.</param>
    /// <param name="pattern">A valid pattern; an address is one.</param>
    /// <param name="action">What it says.</param>
    /// <param name="by">Who writes it.</param>
    /// <param name="metadata">Who and why, for the log.</param>
    /// <param name="cancellationToken">Withdraws it while it is not being committed.</param>
    /// <returns>Id of the rule, or why there is none: <c>admin_required</c>, <c>too_many_policies</c>.</returns>
    Task<(string? RuleId, Rejection? Refusal)> Add(
        Owner owner, string pattern, PolicyAction action, Principal by, EventMetadata metadata, CancellationToken cancellationToken);
}
