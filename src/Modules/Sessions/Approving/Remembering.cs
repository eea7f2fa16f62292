using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// "Always for this tool in this toolkit": a yes that also writes a policy for the tool's address, by somebody who may write it. Where there is no toolkit, a rule of
/// the person's own when it is their own call, and of the workspace when somebody decides for another.
/// </summary>
internal sealed class Remembering(IRuleWriting rules, IToolkitPolicyWriting policies)
{
    private static readonly Rejection Enforced = Rejection.Invalid(
        "enforced_rule", "An enforced rule of the workspace asks for this. Only changing that rule makes it ask no more.", "/remember");

    /// <summary>Why somebody may not have it remembered; null when they may. Asked before anything is decided.</summary>
    public Rejection? Refusal(Approval approval, Principal by) => approval.Asked switch
    {
        { Source: "enforced" } => Enforced,
        { ToolkitId: { } toolkit } => policies.Refusal(toolkit, by),
        _ => OwnerOf(approval, by).IsWritableBy(by) ? null : RuleInput.AdminRequired,
    };

    /// <summary>Writes the policy; its id, or null when it could not be written after all.</summary>
    public async Task<string?> Write(Approval approval, Principal by, EventMetadata metadata, CancellationToken cancellationToken)
        => approval.Asked.ToolkitId is { } toolkit
            ? (await policies.Add(toolkit, approval.Asked.Address, PolicyAction.Approve, by, metadata, cancellationToken)).PolicyId
            : (await rules.Add(OwnerOf(approval, by), approval.Asked.Address, PolicyAction.Approve, by, metadata, cancellationToken)).RuleId;

    private static Owner OwnerOf(Approval approval, Principal by) => approval.Asked switch
    {
        // A rule of the workspace that asks is only outdone in the workspace's list, and a personal one only in that person's.
        { Source: "org", Subject: null } => Owner.Org,
        { Source: "user" } or { Subject: not null } => Owner.User(approval.Asked.PrincipalId),
        { PrincipalId: var principal } => principal == by.Id ? Owner.User(principal) : Owner.Org,
    };
}
