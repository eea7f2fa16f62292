using System.Text.Json;
using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Builds and tells apart JSON-RPC messages. Plain JSON nodes, so that unknown members live.</summary>
internal static class Rpc
{
    public static JsonObject Request(JsonNode id, string method, JsonObject parameters)
        => new() { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["method"] = method, ["params"] = parameters };

    public static JsonObject Notification(string method, JsonObject? parameters = null)
    {
        var message = new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method };
        if (parameters is not null)
        {
            message["params"] = parameters;
        }

        return message;
    }

    public static JsonObject Result(JsonNode id, JsonObject result)
        => new() { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["result"] = result };

    /// <summary>An error; a null id means that the request's id could not be read.</summary>
    public static JsonObject Error(JsonNode? id, RpcException error)
    {
        var body = new JsonObject { ["code"] = error.Code, ["message"] = error.Message };
        if (error.Payload is not null)
        {
            body["data"] = error.Payload.DeepClone();
        }

        return new() { ["jsonrpc"] = "2.0", ["id"] = id?.DeepClone(), ["error"] = body };
    }

    public static bool IsRequest(JsonObject message) => message["method"] is not null && message["id"] is not null;

    public static bool IsNotification(JsonObject message) => message["method"] is not null && message["id"] is null;

    public static bool IsResponse(JsonObject message) => message["method"] is null && (message.ContainsKey("result") || message.ContainsKey("error"));

    public static string? Method(JsonObject message) => Text(message["method"]);

    /// <summary>A string member; null when it is absent or something else.</summary>
    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>The text of a message on the wire.</summary>
    public static string Write(JsonObject message) => message.ToJsonString();

    /// <summary>Parses a constant of this program.</summary>
    public static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    /// <summary>Parses what somebody sent; null when it is not a JSON object.</summary>
    public static JsonObject? TryParse(string json)
    {
        try
        {
            // Duplicate names are found only when a node is first used as an object: touch it here.
            var parsed = JsonNode.Parse(json) as JsonObject;
            _ = parsed?.Count;
            return parsed;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return null;
        }
    }
}
