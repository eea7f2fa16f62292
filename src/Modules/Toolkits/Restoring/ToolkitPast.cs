using Microsoft.AspNetCore.Http;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Toolkits;

/// <summary>What a toolkit was, from its own stream alone: a stream is short, so no earlier state of anything else is computed.</summary>
internal sealed class ToolkitPast(IEventStore store, IReadModels models)
{
    public static Rejection NotThen { get; } = Rejection.Invalid("toolkit_not_there", "The toolkit did not exist at that moment.", "/position");

    /// <summary>The toolkit that a request is about; null when it does not exist for the caller now. What it was is nobody's who may not see what it is.</summary>
    public ToolkitRow? Find(string id, HttpContext context) => models.Current.Get<ToolkitBook>().Find(id, context.Principal());

    /// <summary>All of its events, oldest first.</summary>
    public async Task<IReadOnlyList<StoredEvent>> Events(string id, CancellationToken cancellationToken)
    {
        var events = new List<StoredEvent>();
        await foreach (var e in store.ReadStream(ToolkitState.StreamOf(id), cancellationToken: cancellationToken))
        {
            events.Add(e);
        }

        return events;
    }

    /// <summary>Its state after the events up to a position; one that does not exist when there are none.</summary>
    public static ToolkitState StateAt(IEnumerable<StoredEvent> events, long position)
        => events.TakeWhile(e => e.Position <= position).Aggregate(ToolkitState.None, (state, e) => ToolkitState.Evolve(state, e.Data));
}
