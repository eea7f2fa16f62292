using System.Buffers;
using System.Text;
using System.Text.Json;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>The outcome of an approved call in the form in which it is kept, so that whoever comes back for it gets the same answer.</summary>
internal static class KeptOutcome
{
    private const int MostBytes = 1 << 20;

    /// <summary>The call's caller withdrew it while it ran.</summary>
    public static ToolOutcome Withdrawn { get; } = new ToolOutcome.Failed(new ToolError(
        "call_cancelled", "The approved call was cancelled by its caller while it ran. Whether it had its effect is not known: look before you call again.", Retryable: false));

    /// <summary>The node that carried it out ended before the call did.</summary>
    public static ToolOutcome Interrupted { get; } = new ToolOutcome.Failed(new ToolError(
        "call_interrupted", "The server ended while the approved call ran. Whether it had its effect is not known, and it is not carried out again: look before you call again.",
        Retryable: false));

    /// <summary>It ended, and what it answered is not kept.</summary>
    public static ToolOutcome Gone { get; } = new ToolOutcome.Failed(new ToolError(
        "outcome_not_kept", "The approved call was carried out. Its result was too large to be kept, or is not kept any more.", Retryable: false));

    /// <summary>Its server asks for more, and only who made the call itself can answer.</summary>
    public static ToolOutcome Asking { get; } = new ToolOutcome.Failed(new ToolError(
        "approval_input_required",
        "The approved call began, and its server asks for more than can be passed on here. It was not completed: call the tool itself with the same arguments, and answer what it asks.",
        Retryable: true));

    /// <summary>The bytes to keep; null stands for a call that its caller gave up.</summary>
    public static byte[] Bytes(ToolOutcome? outcome)
    {
        var kept = outcome switch
        {
            null => Withdrawn,

            // What the upstream wants to know has its own way on, which begins with the call itself.
            ToolOutcome.InputRequired => Asking,
            _ => outcome,
        };
        var bytes = Write(kept);
        return bytes.Length <= MostBytes ? bytes : Write(Gone);
    }

    /// <summary>The outcome of kept bytes.</summary>
    public static ToolOutcome Of(byte[] kept)
    {
        using var document = JsonDocument.Parse(kept, new JsonDocumentOptions { MaxDepth = 1_000 });
        var root = document.RootElement;
        return root.GetProperty("kind").GetString() switch
        {
            "answered" => new ToolOutcome.Answered(Raw(root, "content"), Raw(root, "structured")) { IsError = root.GetProperty("isError").GetBoolean() },
            "relayed" => new ToolOutcome.Relayed(Raw(root, "result"), root.GetProperty("isError").GetBoolean()),
            "rejected" => new ToolOutcome.Rejected(root.GetProperty("code").GetInt32(), root.GetProperty("message").GetString()!, Raw(root, "data")),
            _ => new ToolOutcome.Failed(new ToolError(
                root.GetProperty("code").GetString()!, root.GetProperty("message").GetString()!, root.GetProperty("retryable").GetBoolean(), Raw(root, "details"))),
        };
    }

    private static byte[] Write(ToolOutcome outcome)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            switch (outcome)
            {
                case ToolOutcome.Answered answered:
                    json.WriteString("kind"u8, "answered");
                    json.WriteBoolean("isError"u8, answered.IsError);
                    Raw(json, "content"u8, answered.Content);
                    Raw(json, "structured"u8, answered.StructuredContent);
                    break;
                case ToolOutcome.Relayed relayed:
                    json.WriteString("kind"u8, "relayed");
                    json.WriteBoolean("isError"u8, relayed.IsError);
                    Raw(json, "result"u8, relayed.Result);
                    break;
                case ToolOutcome.Rejected rejected:
                    json.WriteString("kind"u8, "rejected");
                    json.WriteNumber("code"u8, rejected.Code);
                    json.WriteString("message"u8, rejected.Message);
                    Raw(json, "data"u8, rejected.Data);
                    break;
                case ToolOutcome.Failed failed:
                    json.WriteString("kind"u8, "failed");
                    json.WriteString("code"u8, failed.Error.Code);
                    json.WriteString("message"u8, failed.Error.Message);
                    json.WriteBoolean("retryable"u8, failed.Error.Retryable);
                    Raw(json, "details"u8, failed.Error.Details);
                    break;
                default:
                    throw new InvalidOperationException("An outcome of this kind is not kept.");
            }

            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static void Raw(Utf8JsonWriter json, ReadOnlySpan<byte> member, ReadOnlyMemory<byte> value)
    {
        if (!value.IsEmpty)
        {
            json.WritePropertyName(member);
            json.WriteRawValue(value.Span, skipInputValidation: true);
        }
    }

    private static ReadOnlyMemory<byte> Raw(JsonElement root, string member)
        => root.TryGetProperty(member, out var value) ? Encoding.UTF8.GetBytes(value.GetRawText()) : default;
}
