using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>Renders tool errors as SEMANTICS "Results and error codes" asks.</summary>
internal static class ToolErrors
{
    /// <summary>Readable JSON: nothing of this reaches HTML.</summary>
    public static JsonWriterOptions Relaxed { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>What an answer to the caller is composed of, whatever the outcome.</summary>
    public static (ReadOnlyMemory<byte> Content, ReadOnlyMemory<byte> Structured, bool IsError) PartsOf(ToolOutcome outcome)
    {
        switch (outcome)
        {
            case ToolOutcome.Answered answered:
                return (answered.Content, answered.StructuredContent, answered.IsError);
            case ToolOutcome.Failed failed:
                var (content, structured) = Render(failed.Error);
                return (content, structured, true);
            case ToolOutcome.Relayed relayed:
                return RelayedParts.Of(relayed);
            case ToolOutcome.Rejected rejected:
                return PartsOf(new ToolOutcome.Failed(new ToolError("invalid_upstream_output", $"The upstream refused the call: {rejected.Message}", Retryable: false)));
            case ToolOutcome.InputRequired:
                return PartsOf(new ToolOutcome.Failed(new ToolError("invalid_upstream_output", "The upstream asks for something that this caller cannot answer.", Retryable: false)));
            default:
                throw new InvalidOperationException("An outcome is answered or failed.");
        }
    }

    /// <summary>The content and structured content of a failed call.</summary>
    public static (ReadOnlyMemory<byte> Content, ReadOnlyMemory<byte> Structured) Render(ToolError error)
    {
        var content = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(content, Relaxed))
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WriteString("type"u8, "text"u8);
            json.WriteString("text"u8, $"[{error.Code}] {error.Message}");
            json.WriteEndObject();
            json.WriteEndArray();
        }

        var structured = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(structured, Relaxed))
        {
            json.WriteStartObject();
            json.WriteStartObject("error"u8);
            json.WriteString("code"u8, error.Code);
            json.WriteString("message"u8, error.Message);
            json.WriteBoolean("retryable"u8, error.Retryable);
            if (!error.Details.IsEmpty)
            {
                json.WritePropertyName("details"u8);
                json.WriteRawValue(error.Details.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return (content.WrittenMemory, structured.WrittenMemory);
    }

    /// <summary>The error of arguments that do not fit.</summary>
    public static ToolError InvalidArguments(IReadOnlyList<ArgumentFault> faults)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteStartArray("faults"u8);
            foreach (var fault in faults)
            {
                json.WriteStartObject();
                json.WriteString("pointer"u8, fault.Pointer);
                json.WriteString("code"u8, fault.Code);
                json.WriteString("message"u8, fault.Message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        var first = faults[0];
        var more = faults.Count == 1 ? "" : $" (and {faults.Count - 1} more)";
        return new ToolError("invalid_arguments", $"{(first.Pointer.Length == 0 ? "" : first.Pointer + ": ")}{first.Message}{more}", Retryable: false, buffer.ToArray());
    }
}
