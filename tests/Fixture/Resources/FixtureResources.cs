using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>The resources and templates.</summary>
internal static class FixtureResources
{
    private const string Template = "test://template/{id}/data";

    public static IReadOnlyList<Entry> All { get; } =
    [
        Entry.Resource("test://static-text", "Static text", "text/plain", _
            => Text("test://static-text", "text/plain", "This is the content of the static text resource.")),
        Entry.Resource("test://static-binary", "Static binary", "image/png", _ => new(Reply.Contents(new JsonObject
        {
            ["uri"] = "test://static-binary",
            ["mimeType"] = "image/png",
            ["blob"] = Reply.Png,
        }))),
        // The caching scenario reads the first resource of the list; a gateway may list by URI, and then the first must not ask anything.
        Entry.Resource("test://a-plain-text", "Plain text", "text/plain", _ => Text("test://a-plain-text", "text/plain", "Plain text.")),
        Entry.Resource("test://watched-resource", "Watched resource", "text/plain", _
            => Text("test://watched-resource", "text/plain", "Watched resource content")),
        Entry.Resource("test://asking-resource", "Asking resource", "text/plain", async call =>
        {
            var answer = await call.Ask(InputRequest.Field("reason", "Why do you read this?", "reason"));
            return await Text("test://asking-resource", "text/plain", $"Read because: {Rpc.Text(answer["content"]?["reason"])}");
        }),
        Entry.Resource("test://odd-resource", "Odd resource", "application/vnd.future+json", _ => new(Reply.Json("""
            {"contents":[{"uri":"test://odd-resource","mimeType":"application/vnd.future+json","text":"{}",
                          "futureMember":{"kept":[1,2.50,null]},"_meta":{"example.com/kept":true}}],
             "futureResultMember":"kept","_meta":{"example.com/result":"kept"}}
            """))),
    ];

    public static IReadOnlyList<Entry> Templates { get; } =
    [
        Entry.Resource(Template, "Template", "application/json", call =>
        {
            var uri = Rpc.Text(call.Params["uri"])!;
            var id = IdOf(Template, uri);
            return Text(uri, "application/json", new JsonObject { ["id"] = id, ["templateTest"] = true, ["data"] = $"Data for ID: {id}" }.ToJsonString());
        }),
    ];

    /// <summary>The value of <c>{id}</c> in a URI that a template describes, or null when it describes another.</summary>
    public static string? IdOf(string template, string uri)
    {
        var at = template.IndexOf("{id}", StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var (before, after) = (template[..at], template[(at + 4)..]);
        return uri.Length > before.Length + after.Length
            && uri.StartsWith(before, StringComparison.Ordinal) && uri.EndsWith(after, StringComparison.Ordinal)
            && uri[before.Length..^after.Length] is var id && !id.Contains('/', StringComparison.Ordinal)
                ? id
                : null;
    }

    private static ValueTask<JsonObject> Text(string uri, string mimeType, string text)
        => new(Reply.Contents(new JsonObject { ["uri"] = uri, ["mimeType"] = mimeType, ["text"] = text }));
}
