using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>
/// Compiles an OpenAPI document (2.0, 3.0 or 3.1) into tools. Pure: reads nothing but the text. A fault in one operation drops that operation
/// with a diagnostic, never the document.
/// </summary>
internal static partial class OpenApiCompiler
{
    /// <summary>Members of a path item that are operations; TRACE is none that an agent should have.</summary>
    private static readonly Dictionary<string, string> Methods = new(StringComparer.Ordinal)
    {
        ["get"] = "GET", ["put"] = "PUT", ["post"] = "POST", ["delete"] = "DELETE", ["options"] = "OPTIONS", ["head"] = "HEAD", ["patch"] = "PATCH",
    };

    /// <summary>Compiles a document.</summary>
    public static OpenApiImport Compile(string text, OpenApiOptions? options = null) => Compile(Encoding.UTF8.GetBytes(text), options);

    /// <summary>Compiles a document.</summary>
    /// <param name="text">JSON or YAML, UTF-8.</param>
    /// <param name="options">What the text does not say.</param>
    public static OpenApiImport Compile(ReadOnlyMemory<byte> text, OpenApiOptions? options = null)
    {
        if (DocumentText.Parse(text, out var parsed) is { } unreadable)
        {
            return new OpenApiImport.Refused(unreadable);
        }

        using (parsed)
        {
            var root = parsed!.RootElement;
            return SwaggerConversion.IsSwagger(root) ? CompileConverted(root, options ?? new OpenApiOptions()) : Compile(root, options ?? new OpenApiOptions());
        }
    }

    /// <summary>Compiles Swagger 2.0 as what it says in OpenAPI 3.0. What is wrong is told about the document that the person knows.</summary>
    private static OpenApiImport CompileConverted(JsonElement root, OpenApiOptions options)
    {
        var converted = SwaggerConversion.Convert(root, options.SourceUrl?.Scheme);
        using var document = JsonDocument.Parse(converted.Text, new JsonDocumentOptions { MaxDepth = DocumentText.MaxDepth + 16 });
        return Compile(document.RootElement, options) switch
        {
            OpenApiImport.Imported { Catalog: var catalog } => new OpenApiImport.Imported(catalog with
            {
                Diagnostics =
                [
                    .. converted.Diagnostics,
                    .. catalog.Diagnostics.Select(diagnostic => diagnostic with { Pointer = converted.Places.Original(diagnostic.Pointer) }),
                ],
            }),
            OpenApiImport.Refused { Error: var error } => new OpenApiImport.Refused(error with { Pointer = converted.Places.Original(error.Pointer) }),
            var other => other,
        };
    }

    private static OpenApiImport Compile(JsonElement root, OpenApiOptions options)
    {
        var version = root.Label("openapi");
        if (root.ValueKind != JsonValueKind.Object || version is null || !SupportedVersion().IsMatch(version))
        {
            return new OpenApiImport.Refused(root.Label("swagger") is not null
                ? new Diagnostic("/swagger", "unsupported_version", "Of Swagger, version 2.0 is supported.")
                : version is null
                ? new Diagnostic("", "not_openapi", "This is no OpenAPI document: it has neither a member \"openapi\" with a version nor \"swagger\".")
                : new Diagnostic("/openapi", "unsupported_version", "This version of OpenAPI is not supported; 2.0, 3.0 and 3.1 are."));
        }

        var diagnostics = new List<Diagnostic>();
        var document = new SourceDocument(root);
        var servers = new ServerReading(options, diagnostics);
        var documentServers = servers.Read(root, "") ?? servers.Default();
        if (documentServers.IsEmpty)
        {
            diagnostics.Add(new Diagnostic("/servers", "no_server", "The document names no server that can be called; set a base URL on the integration."));
        }

        var security = new SecurityReading(document, diagnostics);
        security.Note(root);
        var tools = ReadTools(document, version.StartsWith("3.0", StringComparison.Ordinal), servers, documentServers, security, diagnostics);
        var info = root.Member("info") ?? default;
        return new OpenApiImport.Imported(new SourceCatalog(
            info.Text("title").OrNull() ?? "Untitled", info.Text("description").OrNull(), info.Label("version") ?? "", documentServers,
            tools, security.Templates(), [.. diagnostics]));
    }

    private static ImmutableArray<ToolDefinition> ReadTools(
        SourceDocument document, bool isVersion30, ServerReading servers, ImmutableArray<string> documentServers, SecurityReading security, List<Diagnostic> diagnostics)
    {
        var operations = new List<(FoundOperation Found, NamedOperation Named)>();
        foreach (var found in Find(document, diagnostics))
        {
            Guard(found.Pointer, diagnostics, () => operations.Add((found, Named(found))));
        }

        var names = ToolNaming.Name([.. operations.Select(operation => operation.Named)]);
        var twice = names.GroupBy(name => name, StringComparer.Ordinal).Where(set => set.Skip(1).Any()).Select(set => set.Key).ToHashSet(StringComparer.Ordinal);
        var reading = new OperationReading(document, isVersion30, servers, documentServers, security, diagnostics);
        var tools = new List<ToolDefinition>(operations.Count);
        foreach (var ((found, _), name) in operations.Zip(names))
        {
            if (twice.Contains(name))
            {
                diagnostics.Add(new Diagnostic(found.Pointer, "duplicate_name", $"Another operation has the name {name} too; both are left out."));
                continue;
            }

            Guard(found.Pointer, diagnostics, () => tools.Add(reading.Read(found, name)));
            security.Note(found.Element);
        }

        tools.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return [.. tools];
    }

    private static IEnumerable<FoundOperation> Find(SourceDocument document, List<Diagnostic> diagnostics)
    {
        foreach (var path in document.Root.Members("paths").Where(path => !path.Name.StartsWith("x-", StringComparison.Ordinal)))
        {
            var pointer = SourceDocument.Child("/paths", path.Name);
            JsonElement? item = null;
            Guard(pointer, diagnostics, () => (item, pointer) = document.Follow(path.Value, pointer));
            if (item is not { } found)
            {
                continue;
            }

            if (found.ValueKind != JsonValueKind.Object)
            {
                diagnostics.Add(new Diagnostic(pointer, "invalid_path_item", "A path item must be an object."));
                continue;
            }

            foreach (var member in found.EnumerateObject())
            {
                if (Methods.TryGetValue(member.Name, out var method))
                {
                    yield return new FoundOperation(method, path.Name, found, pointer, member.Value, SourceDocument.Child(pointer, member.Name));
                }
                else if (member.NameEquals("trace"u8))
                {
                    diagnostics.Add(new Diagnostic(pointer + "/trace", "unsupported_method", "TRACE echoes credentials; it is left out."));
                }
            }
        }
    }

    private static NamedOperation Named(FoundOperation found)
    {
        if (found.Element.ValueKind != JsonValueKind.Object)
        {
            throw new OperationRefusedException(found.Pointer, "invalid_operation", "An operation must be an object.");
        }

        var chosen = found.Element.Member("x-toolgate-name");
        if (chosen is { } name && (name.ValueKind != JsonValueKind.String || !ToolNaming.IsValid(name.GetString()!)))
        {
            throw new OperationRefusedException(
                found.Pointer + "/x-toolgate-name", "invalid_name",
                $"A name has one to four segments of letters, digits, dashes and underscores, and at most {ToolNaming.MaxLength} characters.");
        }

        var tag = found.Element.Elements("tags").Select(tag => tag.ValueKind == JsonValueKind.String ? tag.GetString() : null).FirstOrDefault();
        return new NamedOperation(found.Method, found.Path, tag, found.Element.Text("operationId"), chosen?.GetString());
    }

    /// <summary>The boundary of one operation: whatever is wrong with it must not reach its neighbours.</summary>
    private static void Guard(string pointer, List<Diagnostic> diagnostics, Action read)
    {
        try
        {
            read();
        }
        catch (OperationRefusedException refused)
        {
            diagnostics.Add(refused.Diagnostic.Pointer.StartsWith(pointer, StringComparison.Ordinal)
                ? refused.Diagnostic
                : refused.Diagnostic with { Message = $"{refused.Diagnostic.Message} Needed by {pointer}." });
        }
        catch (Exception unexpected) when (unexpected is InvalidOperationException or ArgumentException or JsonException or FormatException)
        {
            // Text that is no Unicode, numbers out of range: the document's fault, found by the reader underneath.
            diagnostics.Add(new Diagnostic(pointer, "unreadable", "This part of the document cannot be read; it may hold broken text."));
        }
    }

    [GeneratedRegex(@"\A3\.[01](?:\.[0-9]+(?:-[0-9A-Za-z.]+)?)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex SupportedVersion();
}
