using System.Text;

namespace Toolgate.Connections.Tests.Schemas;

/// <summary>Short hands for schemas and values in JSON.</summary>
internal static class Schema
{
    public static CompiledSchema Of(string schema)
    {
        var compiled = CompiledSchema.Compile(Encoding.UTF8.GetBytes(schema).AsMemory());
        compiled.Diagnostics.ShouldBeEmpty();
        return compiled.Schema.ShouldNotBeNull();
    }

    public static Diagnostic Refused(string schema)
    {
        var compiled = CompiledSchema.Compile(Encoding.UTF8.GetBytes(schema).AsMemory());
        compiled.Schema.ShouldBeNull();
        return compiled.Diagnostics[0];
    }

    public static IReadOnlyList<ArgumentFault> Faults(string schema, string value) => Of(schema).Validate(Encoding.UTF8.GetBytes(value).AsMemory());

    /// <summary>Faults as <c>pointer keyword</c>, separated by commas.</summary>
    public static string Found(string schema, string value) => string.Join(", ", Faults(schema, value).Select(fault => $"{fault.Pointer} {fault.Code}"));
}
