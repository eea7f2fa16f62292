using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Answers a request for an entry with the members of a result.</summary>
public delegate ValueTask<JsonObject> EntryHandler(CallContext call);

/// <summary>A tool, resource, template or prompt.</summary>
/// <param name="Key">The tool's or prompt's name, or the (template) URI.</param>
/// <param name="Definition">The definition as lists show it, sent as it is.</param>
/// <param name="Answer">Answers a call, read or get.</param>
public sealed record Entry(string Key, JsonObject Definition, EntryHandler Answer)
{
    /// <summary>A tool.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">The description.</param>
    /// <param name="answer">Answers a call.</param>
    /// <param name="inputSchema">The input schema as JSON; an object without properties when absent.</param>
    /// <param name="more">Further members of the definition as a JSON object.</param>
    public static Entry Tool(string name, string description, EntryHandler answer, string? inputSchema = null, string? more = null)
    {
        var definition = new JsonObject
        {
            ["name"] = name,
            ["description"] = description,
            ["inputSchema"] = Rpc.Parse(inputSchema ?? """{"type":"object","properties":{}}"""),
        };
        return new Entry(name, With(definition, more), answer);
    }

    /// <summary>A prompt.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">The description.</param>
    /// <param name="answer">Answers a get.</param>
    /// <param name="arguments">The names of the arguments, all required.</param>
    public static Entry Prompt(string name, string description, EntryHandler answer, params string[] arguments)
    {
        var definition = new JsonObject { ["name"] = name, ["description"] = description };
        if (arguments.Length > 0)
        {
            definition["arguments"] = new JsonArray([.. arguments.Select(argument => new JsonObject
            {
                ["name"] = argument,
                ["description"] = $"The {argument} of the prompt",
                ["required"] = true,
            })]);
        }

        return new Entry(name, definition, answer);
    }

    /// <summary>A resource, or a template when the URI has a variable.</summary>
    public static Entry Resource(string uri, string name, string mimeType, EntryHandler answer)
        => new(
            uri,
            new JsonObject
            {
                [uri.Contains('{', StringComparison.Ordinal) ? "uriTemplate" : "uri"] = uri,
                ["name"] = name,
                ["description"] = $"{name} of the fixture",
                ["mimeType"] = mimeType,
            },
            answer);

    private static JsonObject With(JsonObject definition, string? more)
    {
        foreach (var (name, value) in more is null ? [] : Rpc.Parse(more))
        {
            definition[name] = value?.DeepClone();
        }

        return definition;
    }
}
