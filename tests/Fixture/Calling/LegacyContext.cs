using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>A request in a session: questions are requests of the server, sent where the answer will go.</summary>
internal sealed class LegacyContext(FixtureCore core, JsonObject request, LegacyPeer peer, MessageStream stream, Action die, CancellationToken cancelled)
    : CallContext(core, request, cancelled)
{
    public override string Version => peer.Version;

    public override JsonObject Capabilities => peer.Capabilities;

    public LegacyPeer Peer => peer;

    private protected override string? LogLevel => peer.LogLevel;

    public override async ValueTask<IReadOnlyDictionary<string, JsonObject>> Ask(IReadOnlyList<InputRequest> requests)
    {
        foreach (var request in requests.Where(request => !request.IsAllowedBy(Capabilities)))
        {
            throw new ToolFailureException($"The client does not support {request.Capability}.");
        }

        var answered = await Task.WhenAll(requests.Select(request => peer.Ask(request, stream, Cancelled)));
        return requests.Zip(answered).ToDictionary(pair => pair.First.Key, pair => pair.Second);
    }

    public override ValueTask Notify(string method, JsonObject parameters)
    {
        stream.Send(Rpc.Notification(method, parameters));
        return ValueTask.CompletedTask;
    }

    internal override void OpenStream() => stream.Open();

    internal override void CutStream() => stream.Cut();

    internal override Exception Die()
    {
        die();
        return new DiedException();
    }
}
