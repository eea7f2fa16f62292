using System.Text.Json;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>Writes what a request says in the words of its upstream. Everything else that the client sent is passed on as it was sent.</summary>
internal static class OfferParams
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = MessageReader.MaxDepth };

    /// <summary><c>{"uri":"…"}</c></summary>
    public static byte[] Of(string member, string value) => Write(json => json.WriteString(member, value));

    /// <summary>What a completion refers to: a prompt by name, or a resource by URI or template; null when the params do not say.</summary>
    public static (bool IsPrompt, string Name)? ReferenceOf(ReadOnlyMemory<byte> parameters)
    {
        if (parameters.IsEmpty)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(parameters, Reading);
            if (!document.RootElement.TryGetProperty("ref"u8, out var reference) || reference.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            foreach (var member in reference.EnumerateObject())
            {
                // Each is written again by its name, so each must have one.
                _ = member.Name;
            }

            return Text(reference, "type") switch
            {
                "ref/prompt" when Text(reference, "name") is { } name => (true, name),
                "ref/resource" when Text(reference, "uri") is { } uri => (false, uri),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, in the reference or before it, has no text form.
            return null;
        }
    }

    /// <summary><c>{"ref":{…}}</c> with the upstream's name; the other members of the reference as they were sent.</summary>
    public static byte[] Reference(ReadOnlyMemory<byte> parameters, ViewItem item)
    {
        using var document = JsonDocument.Parse(parameters, Reading);
        var reference = document.RootElement.GetProperty("ref"u8);
        var named = Text(reference, "type") == "ref/prompt" ? "name" : "uri";
        return Write(json =>
        {
            json.WriteStartObject("ref"u8);
            json.WriteString("type"u8, Text(reference, "type"));
            json.WriteString(named, item.UpstreamKey);
            foreach (var member in reference.EnumerateObject().Where(member => member.Name != named && member.Name != "type"))
            {
                json.WritePropertyName(member.Name);
                json.WriteRawValue(member.Value.GetRawText(), skipInputValidation: true);
            }

            json.WriteEndObject();
        });
    }

    private static string? Text(JsonElement element, string member)
        => element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
