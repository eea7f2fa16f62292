using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>The body of an operation as the document declares it.</summary>
internal sealed record DeclaredBody(HttpBody Wire, JsonElement? Schema, string SchemaPointer, string? Description, bool Required);

/// <summary>Reads a request body and chooses the one media type in which it is sent (OpenAPI 3.1 section 4.8.13).</summary>
internal sealed class BodyReading(SourceDocument document, List<Diagnostic> diagnostics)
{
    /// <summary>The body, when the operation has one that can be sent.</summary>
    public DeclaredBody? Read(JsonElement operation, string pointer, string method)
    {
        if (operation.Member("requestBody") is not { } raw)
        {
            return null;
        }

        pointer = SourceDocument.Child(pointer, "requestBody");
        if (method is "GET" or "HEAD")
        {
            diagnostics.Add(new Diagnostic(pointer, "ignored_body", "A body has no defined meaning with this method; it is not sent."));
            return null;
        }

        var (body, at) = document.Follow(raw, pointer);
        var choice = body.Members("content").Select(media => (Media: media, Format: MediaTypes.FormatOf(media.Name)))
            .Where(candidate => candidate.Format is not null)
            .OrderBy(candidate => candidate.Format).ThenBy(candidate => candidate.Media.Name.Length).ThenBy(candidate => candidate.Media.Name, StringComparer.Ordinal)
            .Select(candidate => (JsonProperty?)candidate.Media).FirstOrDefault();
        if (choice is not { } media)
        {
            throw new OperationRefusedException(at, "unsupported_body", "The request body declares no media type that can be sent.");
        }

        var mediaPointer = SourceDocument.Child(at + "/content", media.Name);
        var format = MediaTypes.FormatOf(media.Name)!.Value;
        var fields = format is BodyFormat.Form or BodyFormat.Multipart ? Fields(media.Value, mediaPointer) : [];
        return new DeclaredBody(
            new HttpBody(MediaTypes.ToSend(media.Name, format), format, fields), media.Value.Member("schema"), mediaPointer + "/schema",
            body.Text("description").OrNull(), body.Flag("required") == true);
    }

    /// <summary>Fields that are files, or that an <c>encoding</c> writes in its own way.</summary>
    private ImmutableArray<BodyField> Fields(JsonElement media, string pointer)
    {
        var fields = new SortedDictionary<string, BodyField>(StringComparer.Ordinal);
        if (media.Member("schema") is { } raw)
        {
            foreach (var (name, property, at) in Properties(raw, pointer + "/schema", 0))
            {
                var (schema, schemaPointer) = document.Follow(property, at);
                if (schema.Member("items") is { } items)
                {
                    (schema, _) = document.Follow(items, SourceDocument.Child(schemaPointer, "items"));
                }

                if (schema.Text("format") == "binary" || schema.Text("contentEncoding") == "base64" || schema.Text("contentMediaType") is not null)
                {
                    fields[name] = new BodyField(name, Binary: true, null, Explode: true, null);
                }
            }
        }

        foreach (var encoding in media.Members("encoding"))
        {
            var style = encoding.Value.Text("style") switch
            {
                "form" => ParameterStyle.Form,
                "spaceDelimited" => ParameterStyle.SpaceDelimited,
                "pipeDelimited" => ParameterStyle.PipeDelimited,
                "deepObject" => ParameterStyle.DeepObject,
                { } format when ParameterStyles.OfCollectionFormat(format) is { } older => older,
                _ => encoding.Value.Flag("explode") is null ? (ParameterStyle?)null : ParameterStyle.Form,
            };
            var type = encoding.Value.Text("contentType")?.Split(',')[0].Trim();
            fields.TryGetValue(encoding.Name, out var field);
            fields[encoding.Name] = new BodyField(
                encoding.Name, field?.Binary ?? false, style, encoding.Value.Flag("explode") ?? style == ParameterStyle.Form,
                type is not null && !type.Contains('*', StringComparison.Ordinal) && MediaTypeHeaderValue.TryParse(type, out _) ? type : null);
        }

        return [.. fields.Values];
    }

    private IEnumerable<(string Name, JsonElement Property, string Pointer)> Properties(JsonElement raw, string pointer, int depth)
    {
        var (schema, at) = document.Follow(raw, pointer);
        var own = schema.Members("properties").Select(property => (property.Name, property.Value, SourceDocument.Child(at + "/properties", property.Name)));
        return depth > 8 ? own : own.Concat(schema.Elements("allOf").SelectMany((branch, index) => Properties(branch, SourceDocument.Child(at + "/allOf", index), depth + 1)));
    }
}

/// <summary>What can be done with a media type.</summary>
internal static class MediaTypes
{
    /// <summary>Whether it is JSON, structured suffix (RFC 6839) included.</summary>
    public static bool IsJson(string mediaType) => FormatOf(mediaType) == BodyFormat.Json;

    /// <summary>How a body of this type is made; nothing when the type cannot be read.</summary>
    public static BodyFormat? FormatOf(string mediaType)
    {
        var essence = mediaType.Split(';')[0].Trim().ToLowerInvariant();
        var slash = essence.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == essence.Length - 1 || !essence.All(c => c == '/' || HeaderNames.IsToken(c.ToString())))
        {
            return null;
        }

        return essence switch
        {
            "application/json" or "text/json" or "*/*" or "application/*" => BodyFormat.Json,
            _ when essence.EndsWith("+json", StringComparison.Ordinal) => BodyFormat.Json,
            "application/x-www-form-urlencoded" => BodyFormat.Form,
            "multipart/form-data" => BodyFormat.Multipart,
            _ when essence.StartsWith("multipart/", StringComparison.Ordinal) => null,
            "application/xml" or "application/yaml" or "application/graphql" or "application/javascript" or "application/x-ndjson" => BodyFormat.Text,
            _ when essence.StartsWith("text/", StringComparison.Ordinal) || essence.EndsWith("+xml", StringComparison.Ordinal) => BodyFormat.Text,
            _ => BodyFormat.Binary,
        };
    }

    /// <summary>The value of <c>Content-Type</c> for a declared type: ranges become what they are most likely to mean.</summary>
    public static string ToSend(string mediaType, BodyFormat format) => format switch
    {
        _ when !mediaType.Contains('*', StringComparison.Ordinal) && MediaTypeHeaderValue.TryParse(mediaType, out var parsed) => parsed.ToString(),
        BodyFormat.Json => "application/json",
        BodyFormat.Text => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };

    /// <summary>
    /// The value of <c>Accept</c> for the media types of the answers that mean success. JSON comes first and outweighs the rest: between equals many
    /// servers send what they thought of first, which is XML.
    /// </summary>
    public static string Accept(IEnumerable<string> declared)
    {
        var types = declared.Select(type => type.Split(';')[0].Trim().ToLowerInvariant()).Where(type => FormatOf(type) is not null)
            .Distinct(StringComparer.Ordinal).OrderBy(type => FormatOf(type)).ThenBy(type => type, StringComparer.Ordinal).Take(6).ToList();
        return types.Count == 0 ? "*/*" : string.Join(", ", types.Select((type, index) => index == 0 ? type : $"{type};q=0.5"));
    }
}
