using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>A request that may be sent, or why there is none.</summary>
internal readonly record struct HttpRequestPlan(HttpRequestMessage? Request, ArgumentFault? Fault);

/// <summary>
/// Turns decided arguments into the request of an operation. Whatever the arguments hold, the request goes to the operation's method, scheme,
/// host, port and path; a value that could be read otherwise by some server is refused. Adds no credential.
/// </summary>
internal static class HttpRequestBuilder
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>Builds the request.</summary>
    /// <param name="binding">The operation.</param>
    /// <param name="arguments">The decided JSON object, UTF-8; a JSON body is sent as exactly its bytes in here.</param>
    public static HttpRequestPlan Build(HttpBinding binding, ReadOnlyMemory<byte> arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(arguments, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new Draft(binding, document.RootElement, arguments).Build()
                : Refuse("", "type", "The arguments must be a JSON object.");
        }
        catch (JsonException)
        {
            return Refuse("", "json", "The arguments are not well-formed JSON.");
        }
        catch (InvalidOperationException)
        {
            // A string with half a surrogate pair: it has no text form and so no encoding.
            return Refuse("", "unicode", "Strings in the arguments must be well-formed Unicode.");
        }
    }

    private static HttpRequestPlan Refuse(string pointer, string code, string message) => new(null, new ArgumentFault(pointer, code, message));

    /// <summary>One request in the making.</summary>
    private sealed class Draft(HttpBinding binding, JsonElement arguments, ReadOnlyMemory<byte> raw)
    {
        public HttpRequestPlan Build()
        {
            if (ChooseServer(out var server) is { } noServer)
            {
                return new HttpRequestPlan(null, noServer);
            }

            var target = new StringBuilder(server);
            var fault = AppendPath(target) ?? AppendQuery(target);
            if (fault is not null)
            {
                return new HttpRequestPlan(null, fault);
            }

            // Without canonicalisation: what was encoded here is what is sent, no second reading of it by the Uri class.
            if (!Uri.TryCreate(target.ToString(), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out var uri)
                || !SameOrigin(uri, new Uri(server)))
            {
                return Refuse("", "path", "These arguments do not make a request of this operation.");
            }

            var request = new HttpRequestMessage(new HttpMethod(binding.Method), uri);
            fault = BodyWriting.Attach(request, binding.Body, arguments, raw) ?? AddHeaders(request);
            if (fault is null)
            {
                return new HttpRequestPlan(request, null);
            }

            request.Dispose();
            return new HttpRequestPlan(null, fault);
        }

        private ArgumentFault? ChooseServer(out string server)
        {
            server = binding.Servers.FirstOrDefault() ?? "";
            if (binding.Servers.Length > 1 && Given(ServerReading.Argument, out var chosen))
            {
                server = chosen.ValueKind == JsonValueKind.String && binding.Servers.Contains(chosen.GetString()!) ? chosen.GetString()! : "";
                if (server.Length == 0)
                {
                    return new ArgumentFault("/server", "enum", "The server must be one of those that the tool's schema lists.");
                }
            }

            return server.Length > 0 ? null : new ArgumentFault("", "server", "This tool has no server; its integration needs a base URL.");
        }

        private ArgumentFault? AppendPath(StringBuilder target)
        {
            var start = target.Length;
            foreach (var part in binding.Template.Parts)
            {
                if (!part.IsParameter)
                {
                    target.Append(part.Text);
                    continue;
                }

                var parameter = binding.Parameters.First(candidate => candidate.Place == ParameterPlace.Path && candidate.Name == part.Text);
                if (!Given(parameter.Argument, out var value))
                {
                    return Fault(parameter, "required", "is part of the path and must be given");
                }

                if (PathFault(parameter, value) is { } fault)
                {
                    return fault;
                }

                target.Append(ParameterWriting.Path(parameter, value));
            }

            return target.ToString(start, target.Length - start).Split('/').Any(PathSafety.IsDotSegment)
                ? new ArgumentFault("", "path", "These arguments make a path with . or .. in it.")
                : null;
        }

        private static ArgumentFault? PathFault(HttpParameter parameter, JsonElement value)
        {
            foreach (var text in Leaves(value))
            {
                if (text.Length == 0)
                {
                    return Fault(parameter, "path", "is part of the path and must not be empty");
                }

                if (PathSafety.IsDotSegment(text) || PathSafety.HasControl(text))
                {
                    return Fault(parameter, "path", "must not hold . or .. segments or control characters");
                }
            }

            return value.ValueKind is JsonValueKind.Array or JsonValueKind.Object && !Leaves(value).Any()
                ? Fault(parameter, "path", "is part of the path and must not be empty")
                : null;
        }

        private static IEnumerable<string> Leaves(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Array => value.EnumerateArray().SelectMany(Leaves),
            JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Leaves(member.Value).Prepend(member.Name)),
            _ => [ParameterWriting.Text(value)],
        };

        private ArgumentFault? AppendQuery(StringBuilder target)
        {
            var separator = '?';
            foreach (var parameter in binding.Parameters)
            {
                if (parameter.Place != ParameterPlace.Query || !Given(parameter.Argument, out var value))
                {
                    continue;
                }

                foreach (var pair in ParameterWriting.Pairs(parameter, value))
                {
                    if (pair.PlainName != parameter.Name && IsTaken(pair.PlainName))
                    {
                        return Fault(parameter, "query", "must not use the name of another query parameter as a key");
                    }

                    target.Append(separator).Append(pair.Name).Append('=').Append(pair.Value);
                    separator = '&';
                }
            }

            return null;
        }

        /// <summary>An exploded object chooses its own query names: never one of a credential or of another parameter.</summary>
        private bool IsTaken(string name) => binding.ReservedQuery.Contains(name, StringComparer.OrdinalIgnoreCase)
            || binding.Parameters.Any(other => other.Place == ParameterPlace.Query && other.Name == name);

        private ArgumentFault? AddHeaders(HttpRequestMessage request)
        {
            request.Headers.TryAddWithoutValidation("Accept", binding.Accept);
            var cookies = new List<string>();
            foreach (var parameter in binding.Parameters)
            {
                if (parameter.Place is not (ParameterPlace.Header or ParameterPlace.Cookie) || !Given(parameter.Argument, out var value))
                {
                    continue;
                }

                if (parameter.Place == ParameterPlace.Cookie)
                {
                    cookies.AddRange(ParameterWriting.Pairs(parameter, value).Select(pair => $"{pair.Name}={pair.Value}"));
                    continue;
                }

                // A tab may stand between items, never in one.
                var text = ParameterWriting.Header(parameter, value);
                var unprintable = text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
                if (unprintable >= 0 && (parameter.Style != ParameterStyle.TabDelimited || Leaves(value).Any(leaf => leaf.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0)))
                {
                    return Fault(parameter, "header", "travels in a header and may hold printable ASCII characters only");
                }

                request.Headers.Remove(parameter.Name);
                if (!request.Headers.TryAddWithoutValidation(parameter.Name, text))
                {
                    request.Content?.Headers.TryAddWithoutValidation(parameter.Name, text);
                }
            }

            if (cookies.Count > 0)
            {
                request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies));
            }

            return null;
        }

        private bool Given(string argument, out JsonElement value) =>
            arguments.TryGetProperty(argument, out value) && value.ValueKind != JsonValueKind.Null;

        private static ArgumentFault Fault(HttpParameter parameter, string code, string message) =>
            new(SourceDocument.Child("", parameter.Argument), code, $"{parameter.Argument} {message}.");

        private static bool SameOrigin([NotNullWhen(true)] Uri? uri, Uri server) => uri is not null && uri.IsAbsoluteUri
            && uri.Scheme == server.Scheme && uri.Host == server.Host && uri.Port == server.Port && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0;
    }
}
