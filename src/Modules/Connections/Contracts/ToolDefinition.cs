using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>A tool as its source defines it, independent of any connection. Immutable and content-addressed by <see cref="Digest"/>.</summary>
public sealed class ToolDefinition
{
    /// <summary>Everything after the third dot of the address; may hold dots: <c>issues.create</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Title for people, when the source has one.</summary>
    public string? Title { get; init; }

    /// <summary>What it does, for agents. Never empty.</summary>
    public required string Description { get; init; }

    /// <summary>Whether a call asks for approval when no rule speaks (the table <i>Default approval</i>).</summary>
    public required bool AsksByDefault { get; init; }

    /// <summary>What the approver reads: <c>POST /repos/{owner}/issues</c>.</summary>
    public required string ApprovalText { get; init; }

    /// <summary>Whether a call may change something upstream: its attempt must then be durable before the effect.</summary>
    public required bool ChangesSomething { get; init; }

    /// <summary>JSON Schema 2020-12 of the arguments, an object schema, UTF-8.</summary>
    public required ReadOnlyMemory<byte> InputSchema { get; init; }

    /// <summary>JSON Schema of the structured result, UTF-8; empty when the source declares none.</summary>
    public ReadOnlyMemory<byte> OutputSchema { get; init; }

    /// <summary>The members of its <c>tools/list</c> entry between the name and <c>_meta</c>, without braces, UTF-8.</summary>
    public required ReadOnlyMemory<byte> ListingMembers { get; init; }

    /// <summary>Members of the source's own <c>_meta</c>, without braces, UTF-8; empty when it has none.</summary>
    public ReadOnlyMemory<byte> MetaMembers { get; init; }

    /// <summary>The name that the source itself uses, where it is not <see cref="Name"/>: an MCP server's or a plugin's.</summary>
    public string? UpstreamName { get; init; }

    /// <summary>Who may call it when no rule says so.</summary>
    public ToolAccess Access { get; init; }

    /// <summary>SHA-256 over everything a caller or approver relies on, lower-case hex; changes when the definition does.</summary>
    public required string Digest { get; init; }

    /// <summary>How a call is carried out: read by the invoker of its kind only.</summary>
    public required ToolBinding Binding { get; init; }

    /// <summary>Renders <see cref="ListingMembers"/> from the parts, annotations included.</summary>
    public static byte[] RenderListingMembers(
        string? title, string description, ReadOnlyMemory<byte> inputSchema, ReadOnlyMemory<byte> outputSchema, bool readOnly, bool destructive, bool idempotent)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            if (title is not null)
            {
                json.WriteString("title"u8, title);
            }

            json.WriteString("description"u8, description);
            json.WritePropertyName("inputSchema"u8);
            json.WriteRawValue(inputSchema.Span, skipInputValidation: true);
            if (!outputSchema.IsEmpty)
            {
                json.WritePropertyName("outputSchema"u8);
                json.WriteRawValue(outputSchema.Span, skipInputValidation: true);
            }

            json.WriteStartObject("annotations"u8);
            json.WriteBoolean("readOnlyHint"u8, readOnly);
            json.WriteBoolean("destructiveHint"u8, destructive);
            json.WriteBoolean("idempotentHint"u8, idempotent);
            json.WriteBoolean("openWorldHint"u8, true);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray().AsSpan(1, (int)buffer.Length - 2).ToArray();
    }
}

/// <summary>Who may call a tool when no rule speaks about it. The numbers are stored.</summary>
public enum ToolAccess : byte
{
    /// <summary>Whoever sees it.</summary>
    Anyone = 0,

    /// <summary>Principals with the role admin or owner.</summary>
    Admins = 1,
}

/// <summary>How a call of one kind of source is carried out. Each kind derives its own; only its invoker looks inside.</summary>
public abstract class ToolBinding
{
    /// <summary>What of it a person compares when a definition changes, a fact a line; never a credential.</summary>
    public virtual IReadOnlyList<string> Describe() => [];
}
