using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Toolgate.Fixture;

/// <summary>What happened to tool calls, for tools whose effect cannot be seen in their answer.</summary>
public sealed class CallLog
{
    private readonly ConcurrentQueue<string> cancelled = new();
    private readonly ConcurrentQueue<JsonObject> executed = new();
    private readonly Channel<bool> started = Channel.CreateUnbounded<bool>();
    private readonly Channel<bool> cancellations = Channel.CreateUnbounded<bool>();

    /// <summary>The arguments of <c>fixture_record</c> calls: each entry is one execution.</summary>
    public IReadOnlyCollection<JsonObject> Executed => executed;

    /// <summary>The <c>label</c> arguments of <c>fixture_wait</c> calls that were cancelled.</summary>
    public IReadOnlyCollection<string> Cancelled => cancelled;

    /// <summary>Completes when one more <c>fixture_wait</c> call is waiting.</summary>
    /// <exception cref="TimeoutException">None came within a minute.</exception>
    public Task Waiting() => Within(started, "a waiting call");

    /// <summary>Completes when one more <c>fixture_wait</c> call was cancelled.</summary>
    /// <exception cref="TimeoutException">None was within a minute.</exception>
    public Task Cancellation() => Within(cancellations, "a cancelled call");

    internal void Start() => started.Writer.TryWrite(true);

    internal void Cancel(string label)
    {
        cancelled.Enqueue(label);
        cancellations.Writer.TryWrite(true);
    }

    internal void Execute(JsonObject arguments) => executed.Enqueue(arguments);

    private static async Task Within(Channel<bool> events, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await events.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Waited a minute for {what}.");
        }
    }
}
