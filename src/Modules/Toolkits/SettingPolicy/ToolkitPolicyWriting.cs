using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Adds policies for other modules by the decision that REST takes.</summary>
internal sealed class ToolkitPolicyWriting(IEventStore store, IReadModels models) : IToolkitPolicyWriting
{
    public Rejection? Refusal(string toolkitId, Principal by) => models.Current.Get<ToolkitBook>().Find(toolkitId, by) is not { } row
        ? ToolkitWrites.NotFound
        : row.Owner.IsWritableBy(by) ? null : RuleInput.AdminRequired;

    public async Task<(string? PolicyId, Rejection? Refusal)> Add(
        string toolkitId, string pattern, PolicyAction action, Principal by, EventMetadata metadata, CancellationToken cancellationToken)
    {
        if (Refusal(toolkitId, by) is { } refusal)
        {
            return (null, refusal);
        }

        var id = Ids.New("tkpol");
        var command = new AddToolkitPolicy(pattern, action, null, null);
        var decided = await store.Decide(
            ToolkitState.StreamOf(toolkitId), ToolkitState.StreamType, ToolkitState.Fold,
            folded => folded.State.Exists ? AddToolkitPolicy.Decide(command, folded.State, toolkitId, id) : ToolkitWrites.NotFound, metadata,
            cancellationToken: cancellationToken);
        return decided.IsDone(out _, out var rejection) ? (id, null) : (null, rejection);
    }
}
