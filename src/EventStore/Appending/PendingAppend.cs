using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Toolgate.EventStore;

/// <summary>One event encoded for its row.</summary>
internal readonly record struct EncodedEvent(Guid Id, string Alias, string DotnetType, string Json, bool Watched);

/// <summary>
/// A request on its way: encoded on the caller's thread, then taken up by the writer or withdrawn by the caller, whichever is first.
/// </summary>
internal sealed class PendingAppend
{
    private const int Waiting = 0;
    private const int TakenUp = 1;
    private const int Withdrawn = 2;
    private static readonly ConcurrentDictionary<Type, string> DotnetTypes = new();
    private readonly TaskCompletionSource<AppendOutcome> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int state;

    public PendingAppend(AppendRequest request, EventTypes types, IReadOnlySet<Type> watched, DateTimeOffset now)
    {
        if (request.Events.Count == 0)
        {
            throw new ArgumentException("An append needs at least one event.", nameof(request));
        }

        Request = request;
        CorrelationId = request.Metadata.CorrelationId ?? Activity.Current?.TraceId.ToHexString();
        Headers = request.Metadata.Headers is { Count: > 0 } headers ? JsonSerializer.Serialize(headers, EventTypes.Json) : null;
        Events = new EncodedEvent[request.Events.Count];
        for (var i = 0; i < Events.Length; i++)
        {
            var (data, type) = (request.Events[i], request.Events[i].GetType());
            Events[i] = new(
                Guid.CreateVersion7(now), types.AliasFor(type), DotnetTypes.GetOrAdd(type, t => $"{t.FullName}, {t.Assembly.GetName().Name}"),
                JsonSerializer.Serialize(data, type, EventTypes.Json), watched.Contains(type));
        }
    }

    public AppendRequest Request { get; }

    public EncodedEvent[] Events { get; }

    public string? CorrelationId { get; }

    public string? Headers { get; }

    public Task<AppendOutcome> Outcome => completion.Task;

    /// <summary>True for the writer exactly once, unless the caller withdrew first.</summary>
    public bool TryTakeUp() => Interlocked.CompareExchange(ref state, TakenUp, Waiting) == Waiting;

    /// <summary>Withdraws the request while nobody has taken it up; afterwards it does nothing.</summary>
    public void Withdraw(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref state, Withdrawn, Waiting) == Waiting)
        {
            completion.TrySetCanceled(cancellationToken);
        }
    }

    public void Complete(AppendOutcome outcome) => completion.TrySetResult(outcome);

    public void Fail(Exception exception) => completion.TrySetException(exception);
}
