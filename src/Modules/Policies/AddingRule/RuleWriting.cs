using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Policies;

/// <summary>Adds rules for other modules by the decision that REST takes.</summary>
internal sealed class RuleWriting(IEventStore store) : IRuleWriting
{
    public async Task<(string? RuleId, Rejection? Refusal)> Add(
        Owner owner, string pattern, PolicyAction action, Principal by, EventMetadata metadata, CancellationToken cancellationToken)
    {
        if (!owner.IsWritableBy(by))
        {
            return (null, RuleInput.AdminRequired);
        }

        var id = Ids.New("pol");
        var command = new AddRule(owner.Word, pattern, action, false, null, null);
        var decided = await store.Decide(
            OwnerRules.StreamOf(owner), OwnerRules.StreamType, OwnerRules.Fold, state => AddRule.Decide(command, state.State, owner, id), metadata,
            cancellationToken: cancellationToken);
        return decided.IsDone(out _, out var rejection) ? (id, null) : (null, rejection);
    }
}
