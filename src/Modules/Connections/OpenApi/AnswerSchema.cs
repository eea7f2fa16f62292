using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// The <c>outputSchema</c> of an operation: what its successful JSON answer is documented to look like, as
/// <c>{"type":"object","anyOf":[documented,{}]}</c>. The empty branch is the point: clients refuse a result that does not match, upstreams do not
/// keep to their documents, and a call that worked must not be lost to that. Only answers that are objects have one, since older revisions of MCP
/// know no other.
/// </summary>
internal sealed class AnswerSchema(SourceDocument document, bool isVersion30)
{
    /// <summary>Longest schema, in bytes. A thousand tools share one list, and a model reads it.</summary>
    public const int MaxBytes = 2_048;

    /// <summary>Levels of nesting that are tried, the most telling first.</summary>
    private const int MaxDepth = 4;

    private const int MaxHops = 16;
    private const int MaxDescription = 160;
    private const int MaxEnum = 24;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly HashSet<string> Types = new(StringComparer.Ordinal) { "object", "array", "string", "number", "integer", "boolean", "null" };

    /// <summary>The schema; empty when the operation documents no such answer, or none that can be told briefly.</summary>
    public byte[] Of(FoundOperation operation)
    {
        try
        {
            if (Find(operation) is not var (schema, pointer) || !IsObject(schema, pointer, 0))
            {
                return [];
            }

            for (var depth = MaxDepth; depth > 0; depth--)
            {
                // First with what its properties mean, then only with what they are.
                if (Write(schema, pointer, depth, described: true) is { } described)
                {
                    return described;
                }

                if (Write(schema, pointer, depth, described: false) is { } bare)
                {
                    return bare;
                }
            }

            return [];
        }
        catch (OperationRefusedException)
        {
            // An answer that is described badly can still be given.
            return [];
        }
    }

    /// <summary>The JSON of the first status that means success; <c>default</c> speaks when none does.</summary>
    private (JsonElement Schema, string Pointer)? Find(FoundOperation operation)
    {
        var pointer = operation.Pointer + "/responses";
        var responses = operation.Element.Members("responses").ToList();
        var successes = responses.Where(response => response.Name.StartsWith('2')).OrderBy(response => response.Name, StringComparer.Ordinal).ToList();
        foreach (var response in successes.Count > 0 ? successes : responses.Where(response => response.Name == "default"))
        {
            var (element, at) = document.Follow(response.Value, SourceDocument.Child(pointer, response.Name));
            foreach (var media in element.Members("content").Where(media => MediaTypes.IsJson(media.Name) && media.Value.Member("schema") is not null))
            {
                return document.Follow(media.Value.Member("schema")!.Value, SourceDocument.Child(at + "/content", media.Name) + "/schema");
            }
        }

        return null;
    }

    private bool IsObject(JsonElement raw, string pointer, int hops)
    {
        if (hops > MaxHops)
        {
            return false;
        }

        var (schema, at) = document.Follow(raw, pointer);
        return schema.Member("type") switch
        {
            { ValueKind: JsonValueKind.String } type => type.ValueEquals("object"),
            { ValueKind: JsonValueKind.Array } types => types.EnumerateArray().Any(type => type.ValueKind == JsonValueKind.String && type.ValueEquals("object")),
            _ => schema.Member("properties") is not null || Branches("allOf").Any(Is) || (Branches("anyOf").Any() && Branches("anyOf").All(Is))
                || (Branches("oneOf").Any() && Branches("oneOf").All(Is)),
        };

        IEnumerable<(JsonElement Schema, string Pointer)> Branches(string name) =>
            schema.Elements(name).Select((branch, index) => (branch, SourceDocument.Child(SourceDocument.Child(at, name), index)));

        bool Is((JsonElement Schema, string Pointer) branch) => IsObject(branch.Schema, branch.Pointer, hops + 1);
    }

    private byte[]? Write(JsonElement schema, string pointer, int depth, bool described)
    {
        var buffer = new ArrayBufferWriter<byte>(MaxBytes);
        using var output = new Utf8JsonWriter(buffer, Plain);
        output.WriteStartObject();
        output.WriteString("type"u8, "object"u8);
        output.WriteStartArray("anyOf"u8);
        new Sketch(document, isVersion30, output, described).Write(schema, pointer, depth, 0, null);
        output.WriteStartObject();
        output.WriteEndObject();
        output.WriteEndArray();
        output.WriteEndObject();
        output.Flush();
        return buffer.WrittenCount <= MaxBytes ? buffer.WrittenSpan.ToArray() : null;
    }

    /// <summary>Writes what a reader needs of a schema: names, types, choices. References are written out, so cycles end with the depth.</summary>
    private sealed class Sketch(SourceDocument document, bool isVersion30, Utf8JsonWriter output, bool described)
    {
        /// <summary>What is written beyond the limit is thrown away: no need to write it.</summary>
        private bool IsFull => output.BytesCommitted + output.BytesPending > MaxBytes;

        public void Write(JsonElement raw, string pointer, int depth, int hops, string? outer)
        {
            output.WriteStartObject();
            if (!IsFull && hops <= MaxHops)
            {
                var (schema, at) = document.Follow(raw, pointer);
                if (schema.ValueKind == JsonValueKind.Object)
                {
                    WriteMembers(schema, at, depth, hops, outer ?? raw.Text("description"));
                }
            }

            output.WriteEndObject();
        }

        private void WriteMembers(JsonElement schema, string pointer, int depth, int hops, string? outer)
        {
            var nullable = isVersion30 && (schema.Flag("nullable") ?? schema.Flag("x-nullable")) == true;
            if (described && (outer ?? schema.Text("description")).OrNull() is { } description && hops > 0)
            {
                output.WriteString("description"u8, description.Length <= MaxDescription ? description : description[..(MaxDescription - 1)].TrimEnd() + "…");
            }

            WriteType(schema, nullable);
            WriteEnum(schema, nullable);
            foreach (var list in new[] { "allOf", "anyOf", "oneOf" })
            {
                if (schema.Member(list) is { ValueKind: JsonValueKind.Array } branches && branches.GetArrayLength() > 0)
                {
                    output.WriteStartArray(list);
                    var index = 0;
                    foreach (var branch in branches.EnumerateArray())
                    {
                        Write(branch, SourceDocument.Child(SourceDocument.Child(pointer, list), index++), depth, hops + 1, null);
                    }

                    output.WriteEndArray();
                }
            }

            if (depth > 0)
            {
                WriteChildren(schema, pointer, depth, hops);
            }
        }

        private void WriteChildren(JsonElement schema, string pointer, int depth, int hops)
        {
            if (schema.Member("properties") is { ValueKind: JsonValueKind.Object } properties)
            {
                output.WriteStartObject("properties"u8);
                foreach (var property in properties.EnumerateObject())
                {
                    if (IsFull)
                    {
                        break;
                    }

                    if (property.Value.Flag("writeOnly") != true)
                    {
                        output.WritePropertyName(property.Name);
                        Write(property.Value, SourceDocument.Child(pointer + "/properties", property.Name), depth - 1, hops + 1, null);
                    }
                }

                output.WriteEndObject();
            }

            foreach (var child in new[] { "items", "additionalProperties" })
            {
                if (schema.Member(child) is { ValueKind: JsonValueKind.Object } inner)
                {
                    // The items of a list are on the level of the list.
                    output.WritePropertyName(child);
                    Write(inner, SourceDocument.Child(pointer, child), child == "items" ? depth : depth - 1, hops + 1, null);
                }
            }
        }

        private void WriteType(JsonElement schema, bool nullable)
        {
            var types = schema.Member("type") switch
            {
                { ValueKind: JsonValueKind.String } one => [one.GetString()!],
                { ValueKind: JsonValueKind.Array } several => several.EnumerateArray().Where(type => type.ValueKind == JsonValueKind.String).Select(type => type.GetString()!).ToList(),
                _ => new List<string>(),
            };
            types = [.. types.Where(Types.Contains).Concat(nullable && types.Count > 0 ? ["null"] : []).Distinct(StringComparer.Ordinal)];
            if (types.Count == 1)
            {
                output.WriteString("type"u8, types[0]);
            }
            else if (types.Count > 1)
            {
                output.WriteStartArray("type"u8);
                types.ForEach(output.WriteStringValue);
                output.WriteEndArray();
            }
        }

        private void WriteEnum(JsonElement schema, bool nullable)
        {
            if (schema.Member("enum") is not { ValueKind: JsonValueKind.Array } values || values.GetArrayLength() is 0 or > MaxEnum)
            {
                return;
            }

            output.WriteStartArray("enum"u8);
            foreach (var value in values.EnumerateArray())
            {
                value.WriteTo(output);
            }

            if (nullable && !values.EnumerateArray().Any(value => value.ValueKind == JsonValueKind.Null))
            {
                output.WriteNullValue();
            }

            output.WriteEndArray();
        }
    }
}
