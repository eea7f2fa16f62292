using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Turns the argument <c>body</c> into the content of a request.</summary>
internal static class BodyWriting
{
    /// <summary>Name of the argument.</summary>
    public const string Argument = "body";

    /// <summary>Attaches the content; returns why it cannot be.</summary>
    public static ArgumentFault? Attach(HttpRequestMessage request, HttpBody? body, JsonElement arguments, ReadOnlyMemory<byte> raw)
    {
        if (body is null || !arguments.TryGetProperty(Argument, out var value))
        {
            return null;
        }

        switch (body.Format)
        {
            case BodyFormat.Json:
                request.Content = new ReadOnlyMemoryContent(Slice(raw));
                break;
            case BodyFormat.Text when value.ValueKind == JsonValueKind.String:
                request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(value.GetString()!));
                break;
            case BodyFormat.Binary when value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes):
                request.Content = new ByteArrayContent(bytes);
                break;
            case BodyFormat.Form when value.ValueKind == JsonValueKind.Object:
                request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes(Form(body, value)));
                break;
            case BodyFormat.Multipart when value.ValueKind == JsonValueKind.Object:
                return Multipart(request, body, value);
            case BodyFormat.Binary:
                return new ArgumentFault("/body", "contentEncoding", "body must be a string in base64.");
            case BodyFormat.Text:
                return new ArgumentFault("/body", "type", "body must be a string.");
            default:
                return new ArgumentFault("/body", "type", "body must be an object: its members are the fields of a form.");
        }

        request.Content.Headers.TryAddWithoutValidation("Content-Type", body.ContentType);
        return null;
    }

    /// <summary>The bytes of <c>body</c> inside the arguments, as they were decided on.</summary>
    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> arguments)
    {
        var reader = new Utf8JsonReader(arguments.Span, new JsonReaderOptions { MaxDepth = 64 });
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            var found = reader.ValueTextEquals("body"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (found)
            {
                return arguments[start..(int)reader.BytesConsumed];
            }
        }

        throw new InvalidOperationException("The caller saw a body in these arguments.");
    }

    private static string Form(HttpBody body, JsonElement value)
    {
        var pairs = new List<string>();
        foreach (var member in value.EnumerateObject())
        {
            var field = body.Fields.FirstOrDefault(candidate => candidate.Name == member.Name);
            if (field?.Style is { } style)
            {
                var parameter = new HttpParameter(member.Name, member.Name, ParameterPlace.Query, style, field.Explode);
                pairs.AddRange(ParameterWriting.Pairs(parameter, member.Value).Select(pair => $"{pair.Name}={pair.Value}"));
                continue;
            }

            var name = ParameterWriting.Encode(member.Name);
            var values = member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray().ToArray() : [member.Value];
            pairs.AddRange(values.Where(item => item.ValueKind != JsonValueKind.Null)
                .Select(item => $"{name}={ParameterWriting.Encode(ParameterWriting.Text(item))}"));
        }

        return string.Join('&', pairs);
    }

    private static ArgumentFault? Multipart(HttpRequestMessage request, HttpBody body, JsonElement value)
    {
        var content = new MultipartFormDataContent();
        request.Content = content;
        foreach (var member in value.EnumerateObject())
        {
            // The name stands in a quoted string of the part's header.
            if (member.Name.Length == 0 || member.Name.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0 || member.Name.AsSpan().IndexOfAny('"', '\\') >= 0)
            {
                return new ArgumentFault(SourceDocument.Child("/body", member.Name), "propertyNames", "A form field's name must be printable ASCII without quotes.");
            }

            var field = body.Fields.FirstOrDefault(candidate => candidate.Name == member.Name);
            if (field is { Binary: false, Style: { } style } && member.Value.ValueKind is JsonValueKind.Array or JsonValueKind.Object)
            {
                AddStyled(content, member, style, field);
                continue;
            }

            var values = member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray().ToArray() : [member.Value];
            foreach (var item in values.Where(item => item.ValueKind != JsonValueKind.Null))
            {
                if (Part(field, item) is not { } part)
                {
                    return new ArgumentFault(SourceDocument.Child("/body", member.Name), "contentEncoding", "This field is a file; send it as a string in base64.");
                }

                if (field is { Binary: true })
                {
                    content.Add(part, $"\"{member.Name}\"", $"\"{member.Name}\"");
                }
                else
                {
                    content.Add(part, $"\"{member.Name}\"");
                }
            }
        }

        return null;
    }

    /// <summary>The texts that a form would hold, a part each; a part's body needs no escapes.</summary>
    private static void AddStyled(MultipartFormDataContent content, JsonProperty member, ParameterStyle style, BodyField field)
    {
        var parameter = new HttpParameter(member.Name, member.Name, ParameterPlace.Query, style, field.Explode);
        foreach (var pair in ParameterWriting.Pairs(parameter, member.Value))
        {
            var part = new ByteArrayContent(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(pair.Value)));
            part.Headers.ContentType = MediaTypeHeaderValue.Parse(field.ContentType ?? "text/plain; charset=utf-8");
            content.Add(part, $"\"{pair.Name}\"");
        }
    }

    private static ByteArrayContent? Part(BodyField? field, JsonElement item)
    {
        byte[]? bytes;
        var type = "text/plain; charset=utf-8";
        if (field is { Binary: true })
        {
            if (item.ValueKind != JsonValueKind.String || !item.TryGetBytesFromBase64(out bytes))
            {
                return null;
            }

            type = "application/octet-stream";
        }
        else
        {
            bytes = Encoding.UTF8.GetBytes(ParameterWriting.Text(item));
            type = item.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? "application/json" : type;
        }

        var part = new ByteArrayContent(bytes);
        part.Headers.ContentType = MediaTypeHeaderValue.Parse(field?.ContentType ?? type);
        return part;
    }
}
