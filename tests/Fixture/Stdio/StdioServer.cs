using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Both eras over standard input and output, a message a line.</summary>
public sealed class StdioServer
{
    private readonly FixtureCore core = new();
    private readonly MessageStream output = new(0);
    private readonly LegacyPeer peer;
    private readonly ConcurrentDictionary<string, CancellationTokenSource> running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Listening> listening = new(StringComparer.Ordinal);

    private StdioServer() => peer = new LegacyPeer(core, output);

    /// <summary>Serves until the input ends.</summary>
    public static async Task Run(Stream input, Stream output)
    {
        var server = new StdioServer();
        var writing = server.Write(output);
        // Servers talk on standard error; a client must not mistake it for messages.
        await Console.Error.WriteLineAsync("toolgate-fixture: ready");
        using var reader = new StreamReader(input, new UTF8Encoding(false));
        while (await reader.ReadLineAsync() is { } line)
        {
            if (Rpc.TryParse(line) is { } message)
            {
                server.Take(message);
            }
        }

        server.peer.End();
        await writing;
    }

    private async Task Write(Stream to)
    {
        await using var writer = new StreamWriter(to, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        await foreach (var (_, message) in output.Read(0, first: true, CancellationToken.None))
        {
            await writer.WriteLineAsync(Rpc.Write(message));
        }
    }

    private void Take(JsonObject message)
    {
        if (Rpc.IsRequest(message) && Envelope.IsModern(message))
        {
            _ = Task.Run(() => Answer(message));
            return;
        }

        if (Rpc.Method(message) == "notifications/cancelled" && message["params"]?["requestId"]?.ToJsonString() is { } id)
        {
            Cancel(id);
        }

        if (Rpc.Method(message) == "initialize")
        {
            // Only a client of this era is told of changes that it did not ask for.
            core.Audience.Add(peer);
        }

        _ = Task.Run(() => peer.Handle(message, output, () => Environment.Exit(1)));
    }

    private async Task Answer(JsonObject request)
    {
        var id = request["id"]!.ToJsonString();
        try
        {
            Envelope.Check(request["params"]!["_meta"]!.AsObject());
        }
        catch (RpcException refusal)
        {
            output.Send(Rpc.Error(request["id"], refusal));
            return;
        }

        if (Rpc.Method(request) == "subscriptions/listen" && Listening.Of(request, output) is { } subscription)
        {
            listening[id] = subscription;
            subscription.Acknowledge();
            core.Audience.Add(subscription);
            return;
        }

        using var cancelled = new CancellationTokenSource();
        running[id] = cancelled;
        try
        {
            if (await Answering.Run(new ModernContext(core, request, output, () => Environment.Exit(1), cancelled.Token)) is { } answer)
            {
                output.Send(answer.Message);
            }
        }
        finally
        {
            running.TryRemove(id, out _);
        }
    }

    private void Cancel(string id)
    {
        if (running.TryGetValue(id, out var request))
        {
            request.Cancel();
        }

        if (listening.TryRemove(id, out var subscription))
        {
            core.Audience.Remove(subscription);
        }
    }
}
