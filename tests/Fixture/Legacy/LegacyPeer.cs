using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>
/// A client of the session era: what <c>initialize</c> agreed, and the requests that run in both directions. It is the same over
/// streamable HTTP, HTTP+SSE and standard input.
/// </summary>
/// <param name="core">The server.</param>
/// <param name="standalone">Where messages go that belong to no request.</param>
internal sealed class LegacyPeer(FixtureCore core, MessageStream standalone) : IListener
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonObject>> asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> subscriptions = new(StringComparer.Ordinal);

    public string Version { get; private set; } = Versions.March;

    public JsonObject Capabilities { get; private set; } = [];

    public MessageStream Standalone => standalone;

    /// <summary>Until the client says otherwise it is told everything.</summary>
    public string LogLevel { get; private set; } = "debug";

    /// <summary>Takes a message. The task ends when a request was answered; the answer goes to the stream.</summary>
    public async Task Handle(JsonObject message, MessageStream stream, Action die)
    {
        if (Rpc.IsResponse(message))
        {
            if (message["id"] is { } id && asked.TryRemove(id.ToJsonString(), out var waiting))
            {
                waiting.TrySetResult(message);
            }
        }
        else if (Rpc.IsNotification(message))
        {
            Notified(message);
        }
        else
        {
            await Answer(message, stream, die);
        }
    }

    /// <summary>Sends a question and waits for its answer.</summary>
    public async Task<JsonObject> Ask(InputRequest request, MessageStream stream, CancellationToken cancellationToken)
    {
        var id = JsonValue.Create($"fixture-{core.Behaviour.NextNumber()}");
        var waiting = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        asked[id.ToJsonString()] = waiting;
        stream.Send(Rpc.Request(id, request.Method, request.Parameters.DeepClone().AsObject()));
        var answer = await waiting.Task.WaitAsync(cancellationToken);
        return answer["result"] as JsonObject
            ?? throw new ToolFailureException($"The client answered {request.Method} with {answer["error"]?.ToJsonString()}.");
    }

    /// <summary>Takes up a session that is told no changes unless it wants them.</summary>
    public JsonObject Initialize(JsonObject parameters)
    {
        var requested = Rpc.Text(parameters["protocolVersion"]) ?? "";
        var newest = core.Behaviour.NewestLegacyVersion;
        Version = Versions.Legacy.Contains(requested) && string.CompareOrdinal(requested, newest) <= 0 ? requested : newest;
        Capabilities = parameters["capabilities"]?.DeepClone() as JsonObject ?? [];
        return new JsonObject
        {
            ["protocolVersion"] = Version,
            ["capabilities"] = Discovery.Capabilities(core, modern: false),
            ["serverInfo"] = Discovery.ServerInfo(),
            ["instructions"] = Discovery.Instructions,
        };
    }

    public void SetLogLevel(string level) => LogLevel = level;

    public void Subscribe(string uri) => subscriptions[uri] = true;

    public void Unsubscribe(string uri) => subscriptions.TryRemove(uri, out _);

    public void ListChanged(string kind) => standalone.Send(Rpc.Notification($"notifications/{kind}/list_changed"));

    public void ResourceUpdated(string uri, JsonObject? more)
    {
        if (subscriptions.ContainsKey(uri))
        {
            var parameters = more?.DeepClone().AsObject() ?? [];
            parameters["uri"] = uri;
            standalone.Send(Rpc.Notification("notifications/resources/updated", parameters));
        }
    }

    /// <summary>Ends everything that runs.</summary>
    public void End()
    {
        standalone.Complete();
        foreach (var request in running.Values)
        {
            request.Cancel();
        }
    }

    private void Notified(JsonObject message)
    {
        if (Rpc.Method(message) == "notifications/cancelled"
            && message["params"]?["requestId"] is { } id
            && running.TryGetValue(id.ToJsonString(), out var request))
        {
            request.Cancel();
        }
    }

    private async Task Answer(JsonObject request, MessageStream stream, Action die)
    {
        var id = request["id"]!.ToJsonString();
        using var cancelled = new CancellationTokenSource();
        running[id] = cancelled;
        try
        {
            if (await Answering.Run(new LegacyContext(core, request, this, stream, die, cancelled.Token)) is { } answer)
            {
                stream.Send(answer.Message);
            }
        }
        finally
        {
            running.TryRemove(id, out _);
        }
    }
}
