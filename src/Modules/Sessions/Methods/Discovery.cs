using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary><c>server/discover</c> (2026-07-28, "Discovery").</summary>
internal static class Discovery
{
    /// <summary>Answers with versions, capabilities and what this resource is.</summary>
    public static async Task Answer(HttpContext context, Caller caller, McpMessage message)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            json.WritePropertyName("supportedVersions"u8);
            json.WriteRawValue(ModernEra.Supported, skipInputValidation: true);
            ServerCapabilities.Write(json, caller.View);
            json.WriteString("instructions"u8, caller.View.Instructions);
            json.WriteEndObject();
        }

        // Without its closing brace: the tail of every modern list result follows.
        var head = buffer.ToArray().AsMemory(0, (int)buffer.Length - 1);
        await McpResponse.Result(context, message.Id.Span, head.Span, default, ServerIdentity.ModernListTail);
    }
}
