using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Builds results.</summary>
public static class Reply
{
    /// <summary>A PNG of one red pixel.</summary>
    public const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

    /// <summary>A WAV of one sample.</summary>
    public const string Wav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

    /// <summary>A tool result of one text.</summary>
    public static JsonObject Text(string text) => Content(TextBlock(text));

    /// <summary>A tool result that is an error.</summary>
    public static JsonObject Failure(string text)
    {
        var result = Text(text);
        result["isError"] = true;
        return result;
    }

    /// <summary>A tool result of content blocks.</summary>
    public static JsonObject Content(params JsonObject[] blocks) => new() { ["content"] = new JsonArray([.. blocks]) };

    /// <summary>A result from JSON.</summary>
    public static JsonObject Json(string json) => Rpc.Parse(json);

    /// <summary>A text block.</summary>
    public static JsonObject TextBlock(string text) => new() { ["type"] = "text", ["text"] = text };

    /// <summary>An image block.</summary>
    public static JsonObject ImageBlock() => new() { ["type"] = "image", ["data"] = Png, ["mimeType"] = "image/png" };

    /// <summary>An embedded resource.</summary>
    public static JsonObject ResourceBlock(string uri, string mimeType, string text)
        => new() { ["type"] = "resource", ["resource"] = new JsonObject { ["uri"] = uri, ["mimeType"] = mimeType, ["text"] = text } };

    /// <summary>A prompt of messages of the user.</summary>
    public static JsonObject Messages(params JsonObject[] blocks)
        => new() { ["messages"] = new JsonArray([.. blocks.Select(block => new JsonObject { ["role"] = "user", ["content"] = block })]) };

    /// <summary>The contents of a resource.</summary>
    public static JsonObject Contents(JsonObject content) => new() { ["contents"] = new JsonArray(content) };
}
