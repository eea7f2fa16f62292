using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>A question to the client: a request of its own in the session era, part of <c>input_required</c> in 2026-07-28.</summary>
/// <param name="Key">Names the question among those of one request.</param>
/// <param name="Method"><c>elicitation/create</c>, <c>sampling/createMessage</c> or <c>roots/list</c>.</param>
/// <param name="Parameters">The parameters.</param>
public sealed record InputRequest(string Key, string Method, JsonObject Parameters)
{
    /// <summary>The capability that the client must have declared.</summary>
    public string Capability => Method switch
    {
        "elicitation/create" => "elicitation",
        "sampling/createMessage" => "sampling",
        _ => "roots",
    };

    /// <summary>A form.</summary>
    /// <param name="key">Names the question.</param>
    /// <param name="message">What the person reads.</param>
    /// <param name="schema">The requested schema as JSON.</param>
    public static InputRequest Form(string key, string message, string schema)
        => new(key, "elicitation/create", new JsonObject { ["message"] = message, ["requestedSchema"] = Rpc.Parse(schema) });

    /// <summary>A form with one required field of a type.</summary>
    public static InputRequest Field(string key, string message, string field, string type = "string")
        => Form(key, message, $$$"""{"type":"object","properties":{"{{{field}}}":{"type":"{{{type}}}"}},"required":["{{{field}}}"]}""");

    /// <summary>A page to visit.</summary>
    public static InputRequest Visit(string key, string message, string url, string? elicitationId)
    {
        var parameters = new JsonObject { ["mode"] = "url", ["message"] = message, ["url"] = url };
        if (elicitationId is not null)
        {
            parameters["elicitationId"] = elicitationId;
        }

        return new(key, "elicitation/create", parameters);
    }

    /// <summary>A question to the client's model.</summary>
    public static InputRequest Sample(string key, string prompt, int maxTokens = 100)
        => new(key, "sampling/createMessage", new JsonObject
        {
            ["messages"] = new JsonArray(new JsonObject
            {
                ["role"] = "user",
                ["content"] = new JsonObject { ["type"] = "text", ["text"] = prompt },
            }),
            ["maxTokens"] = maxTokens,
        });

    /// <summary>The client's roots.</summary>
    public static InputRequest Roots(string key) => new(key, "roots/list", []);

    /// <summary>Whether the declared capabilities allow this question.</summary>
    public bool IsAllowedBy(JsonObject capabilities)
    {
        if (capabilities[Capability] is not JsonObject declared)
        {
            return false;
        }

        var isUrl = Rpc.Text(Parameters["mode"]) == "url";
        return Capability != "elicitation"
            // An empty object means forms only.
            || (isUrl ? declared["url"] is not null : declared["form"] is not null || declared["url"] is null);
    }
}

/// <summary>2026-07-28: ends the processing of a request with <c>input_required</c>; the retry starts over and finds the answers.</summary>
internal sealed class InputRequiredException(IReadOnlyList<InputRequest> requests, string state) : Exception
{
    public JsonObject Result { get; } = new()
    {
        ["resultType"] = "input_required",
        ["inputRequests"] = new JsonObject(requests.Select(request => new KeyValuePair<string, JsonNode?>(
            request.Key, new JsonObject { ["method"] = request.Method, ["params"] = request.Parameters.DeepClone() }))),
        ["requestState"] = state,
    };
}
