using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>An HTTP request as it arrived, or a line of standard input.</summary>
/// <param name="Verb">The HTTP method, or <c>STDIN</c>.</param>
/// <param name="Path">The path.</param>
/// <param name="Headers">The headers; names in any case.</param>
/// <param name="Body">The body as text; empty when there is none.</param>
/// <param name="Message">The body as a JSON-RPC message, or null.</param>
public sealed record ReceivedRequest(string Verb, string Path, IReadOnlyDictionary<string, string> Headers, string Body, JsonObject? Message)
{
    /// <summary>The JSON-RPC method, or null for an answer of the client and for requests without a body.</summary>
    public string? Method => Message is null ? null : Rpc.Method(Message);

    /// <summary>The JSON-RPC parameters; empty when there are none.</summary>
    public JsonObject Params => Message?["params"] as JsonObject ?? [];

    /// <summary>The request's <c>_meta</c>; empty when there is none.</summary>
    public JsonObject Meta => Params["_meta"] as JsonObject ?? [];

    /// <summary>A header, or null.</summary>
    public string? Header(string name) => Headers.TryGetValue(name, out var value) ? value : null;
}
