using System.Collections.Frozen;
using System.Text.Json;
using Toolgate.Connections;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>
/// What a toolkit changed about a tool, compiled: prepared bytes for the list, and what becomes of arguments. A shape only takes away: the arguments that it
/// lets through are checked against the source's own schema all the same.
/// </summary>
public sealed class ToolShape
{
    private readonly FrozenSet<string> visible;
    private readonly FrozenSet<string> hidden;
    private readonly byte[] fixedMembers;

    /// <summary>Made by the compiler of overrides.</summary>
    /// <param name="visible">Parameters that a caller sees.</param>
    /// <param name="hidden">Parameters that a caller may not send.</param>
    /// <param name="fixedMembers">Members of the arguments of every call, without braces; empty for none.</param>
    internal ToolShape(IEnumerable<string> visible, IEnumerable<string> hidden, byte[] fixedMembers)
    {
        this.visible = visible.ToFrozenSet(StringComparer.Ordinal);
        // A service that reads names without regard to case must not be reached under another spelling.
        this.hidden = hidden.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        this.fixedMembers = fixedMembers;
    }

    /// <summary>The title that is shown; null for the source's.</summary>
    public string? Title { get; internal init; }

    /// <summary>The description that is shown; null for the source's.</summary>
    public string? Description { get; internal init; }

    /// <summary>JSON Schema of what a caller may send, UTF-8.</summary>
    public required ReadOnlyMemory<byte> InputSchema { get; init; }

    /// <summary>Stands for <see cref="ToolDefinition.ListingMembers"/>.</summary>
    public required ReadOnlyMemory<byte> ListingMembers { get; init; }

    /// <summary>The arguments as they are checked and sent, or the fault of having sent what is hidden.</summary>
    /// <param name="sent">A JSON object, UTF-8, without duplicate keys.</param>
    /// <param name="fault">Why they are refused.</param>
    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> sent, out ArgumentFault? fault)
    {
        fault = null;
        if (hidden.Count == 0)
        {
            return sent;
        }

        var reader = new Utf8JsonReader(sent.Span);
        reader.Read();
        var inside = (int)reader.BytesConsumed;
        var any = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            any = true;
            var name = reader.GetString()!;
            if (hidden.Contains(name) && !visible.Contains(name))
            {
                fault = NoSuch(name);
                return default;
            }

            reader.Read();
            reader.Skip();
        }

        return fixedMembers.Length == 0 ? sent : (byte[])[(byte)'{', .. fixedMembers, .. any ? ","u8 : default, .. sent.Span[inside..]];
    }

    /// <summary>Faults as a caller may read them: a list of the known parameters would name hidden ones.</summary>
    public IReadOnlyList<ArgumentFault> Seen(IReadOnlyList<ArgumentFault> faults)
        => hidden.Count == 0 || faults.Count == 0
            ? faults
            : [.. faults.Select(fault => fault.Code is "additionalProperties" or "unevaluatedProperties" && fault.Pointer.LastIndexOf('/') <= 0
                ? fault with { Message = NoSuchMessage }
                : fault)];

    private const string NoSuchMessage = "There is no such property.";

    private static ArgumentFault NoSuch(string name) => new(JsonPointer.Child("", name), "additionalProperties", NoSuchMessage);
}
