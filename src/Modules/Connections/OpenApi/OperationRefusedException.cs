namespace Toolgate.Connections;

/// <summary>
/// Leaves the reading of one operation from any depth; caught at the boundary of that operation, where it becomes its diagnostic. It never
/// leaves the compiler.
/// </summary>
internal sealed class OperationRefusedException(string pointer, string code, string message) : Exception(message)
{
    /// <summary>What to tell the person who registered the document.</summary>
    public Diagnostic Diagnostic { get; } = new(pointer, code, message);
}
