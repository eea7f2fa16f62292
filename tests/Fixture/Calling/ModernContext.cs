using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>A request of 2026-07-28: it carries its capabilities, and questions end it until the client retries with the answers.</summary>
internal sealed class ModernContext(FixtureCore core, JsonObject request, MessageStream stream, Action die, CancellationToken cancelled)
    : CallContext(core, request, cancelled)
{
    public const string Prefix = "io.modelcontextprotocol/";

    private JsonObject? answers;

    public override string Version => Versions.Modern;

    public override JsonObject Capabilities => Meta[Prefix + "clientCapabilities"] as JsonObject ?? [];

    private protected override string? LogLevel => Rpc.Text(Meta[Prefix + "logLevel"]);

    public override ValueTask<IReadOnlyDictionary<string, JsonObject>> Ask(IReadOnlyList<InputRequest> requests)
    {
        foreach (var request in requests.Where(request => !request.IsAllowedBy(Capabilities)))
        {
            var needed = new JsonObject();
            if (Rpc.Text(request.Parameters["mode"]) == "url")
            {
                needed["url"] = new JsonObject();
            }

            throw new RpcException(
                RpcException.MissingCapability, $"This request needs the capability {request.Capability}",
                new JsonObject { ["requiredCapabilities"] = new JsonObject { [request.Capability] = needed } });
        }

        answers ??= Answers();
        if (!requests.All(request => answers.ContainsKey(request.Key)))
        {
            throw new InputRequiredException([.. requests.Where(request => !answers.ContainsKey(request.Key))], Core.Seal.Seal(Params, answers));
        }

        return new(requests.ToDictionary(request => request.Key, request => answers[request.Key]!.AsObject()));
    }

    public override ValueTask Notify(string method, JsonObject parameters)
    {
        stream.Send(Rpc.Notification(method, parameters));
        return ValueTask.CompletedTask;
    }

    internal override void OpenStream() => stream.Open();

    // A stream of this era cannot be taken up again: closing it is the end of the request.
    internal override void CutStream()
    {
    }

    internal override Exception Die()
    {
        die();
        return new DiedException();
    }

    /// <summary>The answers of earlier rounds, which the state carries, and of this one.</summary>
    private JsonObject Answers()
    {
        var all = Params.ContainsKey("requestState")
            ? Core.Seal.Open(Rpc.Text(Params["requestState"]) ?? "", Params)
            : [];
        if (!Params.ContainsKey("inputResponses"))
        {
            return all;
        }

        if (Params["inputResponses"] is not JsonObject responses)
        {
            throw new RpcException(RpcException.InvalidParams, "inputResponses must be an object");
        }

        foreach (var (key, value) in responses)
        {
            all[key] = value is JsonObject
                ? value.DeepClone()
                : throw new RpcException(RpcException.InvalidParams, $"inputResponses.{key} must be an object");
        }

        return all;
    }
}
