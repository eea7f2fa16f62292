using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>A tool for each known kind of content.</summary>
internal static class ContentTools
{
    public static IReadOnlyList<Entry> All { get; } =
    [
        Entry.Tool("test_simple_text", "Returns a text", _ => new(Reply.Text("This is a simple text response for testing."))),
        Entry.Tool("test_image_content", "Returns an image", _ => new(Reply.Content(Reply.ImageBlock()))),
        Entry.Tool("test_audio_content", "Returns audio", _ => new(Reply.Content(new JsonObject
        {
            ["type"] = "audio",
            ["data"] = Reply.Wav,
            ["mimeType"] = "audio/wav",
        }))),
        Entry.Tool("test_embedded_resource", "Returns an embedded resource", _ => new(Reply.Content(
            Reply.ResourceBlock("test://embedded-resource", "text/plain", "This is an embedded resource content.")))),
        Entry.Tool("test_multiple_content_types", "Returns a text, an image and a resource", _ => new(Reply.Content(
            Reply.TextBlock("Multiple content types test:"),
            Reply.ImageBlock(),
            Reply.ResourceBlock("test://mixed-content-resource", "application/json", """{"test":"data","value":123}""")))),
        Entry.Tool("test_error_handling", "Returns an error", _ => throw new ToolFailureException("This tool intentionally returns an error for testing")),
        Entry.Tool("fixture_resource_link", "Returns a link to a resource", _ => new(Reply.Content(new JsonObject
        {
            ["type"] = "resource_link",
            ["uri"] = "test://static-text",
            ["name"] = "static-text",
            ["mimeType"] = "text/plain",
        }))),
    ];
}
