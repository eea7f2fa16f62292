using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Finds the handler of a method.</summary>
internal static class Dispatcher
{
    /// <summary>The result of a request.</summary>
    /// <exception cref="RpcException">The method does not exist in the client's era, or refuses.</exception>
    public static ValueTask<JsonObject> Answer(CallContext call) => call.Method switch
    {
        _ when call.Core.Behaviour.Lacks.Any(capability => Belongs(call.Method, capability)) => throw NotFound(call),
        "tools/list" => new(Listing.Page(call, "tools", call.Core.Catalog.Tools)),
        "resources/list" => new(Listing.Page(call, "resources", call.Core.Catalog.Resources)),
        "resources/templates/list" => new(Listing.Page(call, "resourceTemplates", call.Core.Catalog.Templates)),
        "prompts/list" => new(Listing.Page(call, "prompts", call.Core.Catalog.Prompts)),
        "tools/call" => Using.Tool(call),
        "resources/read" => Using.Resource(call),
        "prompts/get" => Using.Prompt(call),
        "completion/complete" => new(Completing.Answer(call)),
        "server/discover" when call.IsModern => new(Discovery.Answer(call)),
        _ when call is LegacyContext legacy => new(InSession(legacy)),
        _ => throw NotFound(call),
    };

    /// <summary>Completion is the one capability that is not called as its methods are.</summary>
    private static bool Belongs(string method, string capability)
        => method.StartsWith((capability == "completions" ? "completion" : capability) + "/", StringComparison.Ordinal);

    private static RpcException NotFound(CallContext call) => new(RpcException.MethodNotFound, $"Method not found: {call.Method}");

    private static JsonObject InSession(LegacyContext call)
    {
        var peer = call.Peer;
        switch (call.Method)
        {
            case "initialize":
                return peer.Initialize(call.Params);
            case "ping":
                break;
            case "logging/setLevel":
                peer.SetLogLevel(Rpc.Text(call.Params["level"]) ?? throw new RpcException(RpcException.InvalidParams, "level is missing"));
                break;
            case "resources/subscribe":
                peer.Subscribe(Rpc.Text(call.Params["uri"]) ?? throw new RpcException(RpcException.InvalidParams, "uri is missing"));
                break;
            case "resources/unsubscribe":
                peer.Unsubscribe(Rpc.Text(call.Params["uri"]) ?? throw new RpcException(RpcException.InvalidParams, "uri is missing"));
                break;
            default:
                throw NotFound(call);
        }

        return [];
    }
}
