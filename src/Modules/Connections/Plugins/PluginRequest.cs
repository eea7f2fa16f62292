using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// Turns decided arguments into the request of a route. Whatever they hold, the request goes to the route's method, scheme, host, port and path. Adds no
/// credential.
/// </summary>
internal static class PluginRequest
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };
    private static readonly JsonWriterOptions Copying = new() { SkipValidation = true };

    /// <summary>Builds the request.</summary>
    public static HttpRequestPlan Build(PluginBinding binding, ReadOnlyMemory<byte> arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(arguments, Strict);
            return Build(binding, document.RootElement, arguments);
        }
        catch (JsonException)
        {
            return Refuse("", "json", "The arguments are not well-formed JSON.");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair has no text form and so no encoding.
            return Refuse("", "unicode", "Strings in the arguments must be well-formed Unicode.");
        }
    }

    private static HttpRequestPlan Build(PluginBinding binding, JsonElement arguments, ReadOnlyMemory<byte> raw)
    {
        if (arguments.ValueKind != JsonValueKind.Object)
        {
            return Refuse("", "type", "The arguments must be a JSON object.");
        }

        var target = new StringBuilder(binding.BaseUrl);
        var inPath = new HashSet<string>(StringComparer.Ordinal);
        if ((AppendPath(target, binding.Path, arguments, inPath) ?? (binding.InQuery ? AppendQuery(target, arguments, inPath) : null)) is { } fault)
        {
            return new HttpRequestPlan(null, fault);
        }

        // Without canonicalisation: what was encoded here is what is sent, no second reading of it by the Uri class.
        var origin = new Uri(binding.BaseUrl);
        if (!Uri.TryCreate(target.ToString(), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out var uri)
            || uri.Scheme != origin.Scheme || uri.Host != origin.Host || uri.Port != origin.Port || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            return Refuse("", "path", "These arguments do not make a request of this tool.");
        }

        var request = new HttpRequestMessage(new HttpMethod(binding.Method), uri);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        if (!binding.InQuery)
        {
            request.Content = new ReadOnlyMemoryContent(inPath.Count == 0 ? raw : Rest(arguments, inPath));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return new HttpRequestPlan(request, null);
    }

    private static ArgumentFault? AppendPath(StringBuilder target, PathTemplate path, JsonElement arguments, HashSet<string> inPath)
    {
        var start = target.Length;
        foreach (var part in path.Parts)
        {
            if (!part.IsParameter)
            {
                target.Append(part.Text);
                continue;
            }

            inPath.Add(part.Text);
            if (!arguments.TryGetProperty(part.Text, out var value) || Scalar(value) is not { Length: > 0 } text)
            {
                return Fault(part.Text, "path", "is part of the path: it must be given, be one value and not be empty");
            }

            if (PathSafety.IsDotSegment(text) || PathSafety.HasControl(text))
            {
                return Fault(part.Text, "path", "must not hold . or .. segments or control characters");
            }

            target.Append(Uri.EscapeDataString(text));
        }

        return target.ToString(start, target.Length - start).Split('/').Any(PathSafety.IsDotSegment)
            ? new ArgumentFault("", "path", "These arguments make a path with . or .. in it.")
            : null;
    }

    private static ArgumentFault? AppendQuery(StringBuilder target, JsonElement arguments, HashSet<string> inPath)
    {
        var separator = '?';
        foreach (var argument in arguments.EnumerateObject().Where(argument => !inPath.Contains(argument.Name) && argument.Value.ValueKind != JsonValueKind.Null))
        {
            foreach (var value in argument.Value.ValueKind == JsonValueKind.Array ? argument.Value.EnumerateArray().ToArray() : [argument.Value])
            {
                if (Scalar(value) is not { } text)
                {
                    return Fault(argument.Name, "query", "travels in the query: it must be one value or an array of values");
                }

                target.Append(separator).Append(Uri.EscapeDataString(argument.Name)).Append('=').Append(Uri.EscapeDataString(text));
                separator = '&';
            }
        }

        return null;
    }

    /// <summary>The arguments that do not travel in the path, each with its own bytes.</summary>
    private static byte[] Rest(JsonElement arguments, HashSet<string> inPath)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output, Copying))
        {
            json.WriteStartObject();
            foreach (var argument in arguments.EnumerateObject().Where(argument => !inPath.Contains(argument.Name)))
            {
                json.WritePropertyName(argument.Name);
                json.WriteRawValue(argument.Value.GetRawText(), skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static string? Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    private static ArgumentFault Fault(string argument, string code, string message) => new(SourceDocument.Child("", argument), code, $"{argument} {message}.");

    private static HttpRequestPlan Refuse(string pointer, string code, string message) => new(null, new ArgumentFault(pointer, code, message));
}
