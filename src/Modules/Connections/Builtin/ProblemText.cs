using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>What a problem document says (RFC 9457).</summary>
internal static class ProblemText
{
    /// <summary>Its type and detail; empty where it has none.</summary>
    public static (string Type, string Detail) Of(ReadOnlyMemory<byte> problem)
    {
        if (problem.IsEmpty)
        {
            return ("", "");
        }

        using var document = JsonDocument.Parse(problem);
        return (Member(document.RootElement, "type"), Member(document.RootElement, "detail"));
    }

    private static string Member(JsonElement problem, string name)
        => problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
