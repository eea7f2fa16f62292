using System.Runtime.CompilerServices;

namespace Toolgate.Connections;

/// <summary>
/// Validators of tools, compiled on first use and kept as long as the definition is: a catalog is ready before its thousand validators are.
/// </summary>
internal static class ToolSchemas
{
    private static readonly ConditionalWeakTable<ToolDefinition, SchemaCompilation> Compiled = [];

    /// <summary>Faults of arguments against the schema. That no key stands twice is the caller's to know (<see cref="IToolInvoker.Check"/>).</summary>
    public static IReadOnlyList<ArgumentFault> Check(ToolDefinition tool, ReadOnlyMemory<byte> arguments)
    {
        // A schema that cannot be compiled accepts nothing: it never widens to "anything goes".
        return Compiled.GetValue(tool, static definition => CompiledSchema.Compile(definition.InputSchema)).Schema is { } schema
            ? schema.Validate(arguments)
            : [new ArgumentFault("", "schema", "The schema of this tool cannot be used; refresh its integration.")];
    }
}
