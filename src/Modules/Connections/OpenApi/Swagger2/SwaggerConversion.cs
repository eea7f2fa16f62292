using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>A Swagger 2.0 document in the words of OpenAPI 3.0.</summary>
/// <param name="Text">The converted document, JSON in UTF-8.</param>
/// <param name="Places">Where its parts stood.</param>
/// <param name="Diagnostics">What was dropped on the way, with pointers into the original.</param>
internal sealed record ConvertedDocument(ReadOnlyMemory<byte> Text, PointerMap Places, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>
/// Says in OpenAPI 3.0 what a Swagger 2.0 document says, so that one compiler serves both. Only what is said otherwise moves: servers,
/// security schemes and the insides of operations. <c>definitions</c>, <c>parameters</c> and <c>responses</c> stay where they are, so that
/// references and pointers keep their meaning. Pure.
/// </summary>
internal sealed class SwaggerConversion
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly HashSet<string> Replaced = new(StringComparer.Ordinal)
    {
        "swagger", "openapi", "host", "basePath", "schemes", "consumes", "produces", "securityDefinitions", "paths", "servers", "components",
    };

    private static readonly HashSet<string> Methods = new(StringComparer.Ordinal) { "get", "put", "post", "delete", "options", "head", "patch" };

    private readonly SourceDocument document;
    private readonly SwaggerServers servers;
    private readonly PointerMap places = new();
    private readonly List<Diagnostic> diagnostics = [];

    private SwaggerConversion(JsonElement root, string? sourceScheme)
    {
        document = new SourceDocument(root);
        servers = new SwaggerServers(root, sourceScheme);
    }

    /// <summary>Whether a document calls itself Swagger 2.0.</summary>
    public static bool IsSwagger(JsonElement root) => root.Label("swagger") is "2.0" or "2";

    /// <summary>Converts a document.</summary>
    /// <param name="root">The document.</param>
    /// <param name="sourceScheme">Scheme of the URL it came from, which holds when the document names none.</param>
    public static ConvertedDocument Convert(JsonElement root, string? sourceScheme) => new SwaggerConversion(root, sourceScheme).Convert();

    /// <summary>Copies a value as it is written, without reading its texts.</summary>
    public static void Copy(Utf8JsonWriter output, JsonElement value) => output.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);

    private ConvertedDocument Convert()
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        using (var output = new Utf8JsonWriter(buffer, Plain))
        {
            output.WriteStartObject();
            output.WriteString("openapi"u8, "3.0.4"u8);
            foreach (var member in document.Root.EnumerateObject().Where(member => !Replaced.Contains(member.Name)))
            {
                output.WritePropertyName(member.Name);
                Copy(output, member.Value);
            }

            servers.Write(output, schemes: null);
            places.Add("/servers", document.Root.Member("host") is null ? "/basePath" : "/host");
            output.WriteStartObject("components"u8);
            SwaggerSecurity.Write(output, document.Root, places);
            output.WriteEndObject();
            WritePaths(output);
            output.WriteEndObject();
        }

        return new ConvertedDocument(buffer.WrittenMemory, places, diagnostics);
    }

    private void WritePaths(Utf8JsonWriter output)
    {
        output.WriteStartObject("paths"u8);
        foreach (var path in document.Root.Members("paths"))
        {
            var pointer = SourceDocument.Child("/paths", path.Name);
            output.WritePropertyName(path.Name);
            if (path.Value.ValueKind != JsonValueKind.Object || path.Name.StartsWith("x-", StringComparison.Ordinal))
            {
                // The compiler's to judge.
                Copy(output, path.Value);
                continue;
            }

            output.WriteStartObject();
            Guard(pointer, () =>
            {
                var (item, at) = document.Follow(path.Value, pointer);
                places.Add(pointer, at);
                WriteItem(output, item, pointer, at);
            });
            output.WriteEndObject();
        }

        output.WriteEndObject();
    }

    private void WriteItem(Utf8JsonWriter output, JsonElement item, string pointer, string itemAt)
    {
        foreach (var member in item.ValueKind == JsonValueKind.Object ? item.EnumerateObject() : default)
        {
            if (member.NameEquals("parameters"u8))
            {
                continue;
            }

            if (!Methods.Contains(member.Name) || member.Value.ValueKind != JsonValueKind.Object)
            {
                output.WritePropertyName(member.Name);
                Copy(output, member.Value);
                continue;
            }

            // Into a buffer of its own: one that cannot be converted leaves nothing behind.
            Guard(SourceDocument.Child(itemAt, member.Name), () =>
            {
                var buffer = new ArrayBufferWriter<byte>(1024);
                using (var inner = new Utf8JsonWriter(buffer, Plain))
                {
                    new SwaggerOperation(document, servers, places, diagnostics).Write(
                        inner, member.Value, SourceDocument.Child(pointer, member.Name), SourceDocument.Child(itemAt, member.Name), item, itemAt);
                }

                output.WritePropertyName(member.Name);
                output.WriteRawValue(buffer.WrittenSpan, skipInputValidation: true);
            });
        }
    }

    /// <summary>The boundary of one operation or path: what is wrong with it must not reach its neighbours.</summary>
    private void Guard(string pointer, Action convert)
    {
        try
        {
            convert();
        }
        catch (OperationRefusedException refused)
        {
            diagnostics.Add(refused.Diagnostic.Pointer.StartsWith(pointer, StringComparison.Ordinal)
                ? refused.Diagnostic
                : refused.Diagnostic with { Message = $"{refused.Diagnostic.Message} Needed by {pointer}." });
        }
        catch (Exception unexpected) when (unexpected is InvalidOperationException or ArgumentException)
        {
            diagnostics.Add(new Diagnostic(pointer, "unreadable", "This part of the document cannot be read; it may hold broken text."));
        }
    }
}
