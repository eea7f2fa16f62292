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

        RefuseNul(request);
        Request = request;
        CorrelationId = request.Metadata.CorrelationId ?? Activity.Current?.TraceId.ToHexString();
        Headers = request.Metadata.Headers is { Count: > 0 } headers ? JsonSerializer.Serialize(headers, EventTypes.Json) : null;
        Events = new EncodedEvent[request.Events.Count];
        for (var i = 0; i < Events.Length; i++)
        {
            var (data, type) = (request.Events[i], request.Events[i].GetType());
            var (alias, json) = (types.AliasFor(type), JsonSerializer.Serialize(data, type, EventTypes.Json));
            Events[i] = HoldsEscapedNul(json)
                ? throw new ArgumentException($"The event {alias} holds U+0000, which the log cannot store.", nameof(request))
                : new(Guid.CreateVersion7(now), alias, DotnetTypes.GetOrAdd(type, t => $"{t.FullName}, {t.Assembly.GetName().Name}"), json, watched.Contains(type));
        }

        if (Headers is not null && HoldsEscapedNul(Headers))
        {
            throw new ArgumentException("A header holds U+0000, which the log cannot store.", nameof(request));
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

    /// <summary>
    /// PostgreSQL stores U+0000 neither in jsonb nor in text. Found out by the database, it would fail the whole batch, and every neighbour
    /// would be committed alone; found out here, it fails its caller only.
    /// </summary>
    private static void RefuseNul(AppendRequest request)
    {
        var metadata = request.Metadata;
        if (Holds(request.StreamId) || Holds(request.StreamType) || Holds(metadata.Actor) || Holds(metadata.CorrelationId) || Holds(metadata.CausationId)
            || request.Claims.Concat(request.Releases).Any(claim => Holds(claim.Scope) || Holds(claim.Name))
            || request.Alongside.Any(write => write.Parameters.OfType<string>().Any(Holds)))
        {
            throw new ArgumentException("A text of the request holds U+0000, which the log cannot store.", nameof(request));
        }

        static bool Holds(string? text) => text?.Contains('\0', StringComparison.Ordinal) == true;
    }

    /// <summary>Whether JSON text holds the escape of U+0000: a backslash that is not itself escaped, before <c>u0000</c>.</summary>
    private static bool HoldsEscapedNul(string json)
    {
        const string escape = @"\u0000";
        for (var at = json.IndexOf(escape, StringComparison.Ordinal); at >= 0; at = json.IndexOf(escape, at + 1, StringComparison.Ordinal))
        {
            var before = at;
            while (before > 0 && json[before - 1] == '\\')
            {
                before--;
            }

            if ((at - before) % 2 == 0)
            {
                return true;
            }
        }

        return false;
    }

    public void Complete(AppendOutcome outcome) => completion.TrySetResult(outcome);

    public void Fail(Exception exception) => completion.TrySetException(exception);
}
