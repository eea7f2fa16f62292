using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Checks some arguments of a tool before there is a call.</summary>
public static class ArgumentSchemas
{
    /// <summary>
    /// Faults of the given arguments, each against the schema of its own parameter; what the schema says about several parameters together, and which are
    /// required, is not asked: the rest is not known yet.
    /// </summary>
    /// <param name="definition">The tool.</param>
    /// <param name="arguments">A JSON object, UTF-8, without duplicate keys at any level.</param>
    public static IReadOnlyList<ArgumentFault> CheckSome(ToolDefinition definition, ReadOnlyMemory<byte> arguments)
    {
        using var buffer = new MemoryStream();
        try
        {
            using var document = JsonDocument.Parse(definition.InputSchema, new JsonDocumentOptions { MaxDepth = 2 * CompiledSchema.MaxDepth });
            using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
            json.WriteStartObject();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                // What is left out speaks about the whole; references into the rest keep their targets.
                if (member.Name is "$schema" or "$id" or "$defs" or "definitions" or "properties" or "patternProperties" or "additionalProperties")
                {
                    member.WriteTo(json);
                }
            }

            json.WriteEndObject();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [new ArgumentFault("", "schema", "The schema of this tool cannot be used; refresh its integration.")];
        }

        return CompiledSchema.Compile((ReadOnlyMemory<byte>)buffer.ToArray()).Schema is { } schema
            ? schema.Validate(arguments)
            : [new ArgumentFault("", "schema", "The schema of this tool cannot be used; refresh its integration.")];
    }
}
