using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// A validator of JSON Schema 2020-12 (core and validation; <c>format</c> and content keywords are annotations). Immutable and shared between
/// threads. Values nest at most <see cref="MaxDepth"/> levels; patterns take linear time; a budget ends what a schema would make exponential.
/// </summary>
internal sealed class CompiledSchema(SchemaNode root)
{
    /// <summary>Deepest nesting of a value.</summary>
    public const int MaxDepth = 64;

    /// <summary>Compiles a schema.</summary>
    public static SchemaCompilation Compile(JsonElement schema)
    {
        try
        {
            return SchemaCompiler.Compile(schema);
        }
        catch (InvalidOperationException)
        {
            return Unreadable("The schema holds text that is no well-formed Unicode.");
        }
    }

    /// <summary>Compiles a schema.</summary>
    public static SchemaCompilation Compile(ReadOnlyMemory<byte> schema)
    {
        try
        {
            using var document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = 2 * MaxDepth });
            return Compile(document.RootElement);
        }
        catch (JsonException)
        {
            return Unreadable("The schema is no well-formed JSON, or it nests too deep.");
        }
    }

    /// <summary>Compiles a schema.</summary>
    public static SchemaCompilation Compile(ReadOnlySpan<byte> schema) => Compile((ReadOnlyMemory<byte>)schema.ToArray());

    /// <summary>The faults of a value, at most 20; empty when it conforms.</summary>
    /// <param name="instance">JSON, UTF-8.</param>
    public IReadOnlyList<ArgumentFault> Validate(ReadOnlyMemory<byte> instance)
    {
        try
        {
            using var document = JsonDocument.Parse(instance, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return Validate(document.RootElement);
        }
        catch (JsonException)
        {
            return [new ArgumentFault("", "json", $"This is no well-formed JSON, or it nests deeper than {MaxDepth} levels.")];
        }
    }

    /// <summary>The faults of a value, at most 20; empty when it conforms. Values nested too deep are a fault, not an exception.</summary>
    public IReadOnlyList<ArgumentFault> Validate(JsonElement instance)
    {
        try
        {
            return new SchemaEvaluation().Run(root, instance);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: such a string has no text form.
            return [new ArgumentFault("", "unicode", "Strings must be well-formed Unicode.")];
        }
    }

    private static SchemaCompilation Unreadable(string message) => new(null, [new Diagnostic("", "invalid_schema", message)]);
}
