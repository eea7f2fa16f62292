using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>Revision 2026-07-28: every request stands alone. An incoming session id is ignored.</summary>
internal sealed class ModernEra(ToolCalling calling, ToolListing listing, OfferMethods offers, Listening listening, SessionsTelemetry telemetry)
{
    /// <summary>The revision.</summary>
    public const string Version = "2026-07-28";

    private static readonly byte[] CanDiscover = Encoding.UTF8.GetBytes("""["2026-07-28"]""");

    /// <summary>What <c>server/discover</c> and -32022 both list.</summary>
    public static ReadOnlySpan<byte> Supported => CanDiscover;

    /// <summary>Serves a message of this era.</summary>
    public async Task Serve(HttpContext context, Caller caller, McpMessage message)
    {
        if (await Refused(context, message))
        {
            return;
        }

        if (message.Kind == MessageKind.Notification)
        {
            McpResponse.Accepted(context);
            return;
        }

        using var activity = telemetry.StartMessage(message, Version);
        switch (message.Method)
        {
            case McpMethods.CallTool:
                await calling.Modern(context, caller, message);
                break;
            case McpMethods.ListTools:
                await listing.Modern(context, caller, message);
                break;
            case McpMethods.Discover:
                await Discovery.Answer(context, caller, message);
                break;
            case McpMethods.Listen:
                await listening.Serve(context, caller, message);
                break;
            default:
                await (offers.Serve(context, caller, message, null) ?? McpResponse.Error(context, 404, ErrorCodes.MethodNotFound, $"Method not found: {message.Method}", message.Id));
                break;
        }
    }

    /// <summary>Answers -32022.</summary>
    public static Task UnsupportedVersion(HttpContext context, string requested, ReadOnlyMemory<byte> id)
    {
        var data = Encoding.UTF8.GetBytes($$"""{"supported":{{Encoding.UTF8.GetString(Supported)}},"requested":{{JsonSerializer.Serialize(requested)}}}""");
        return McpResponse.Error(context, 400, ErrorCodes.UnsupportedVersion, "Unsupported protocol version", id, data);
    }

    private static async ValueTask<bool> Refused(HttpContext context, McpMessage message)
    {
        var headers = context.Request.Headers;
        if (message.Kind == MessageKind.Response)
        {
            await McpResponse.Error(context, 400, ErrorCodes.InvalidRequest, "This revision has no requests from the server that could be answered.");
            return true;
        }

        // Notifications carry no metadata that this revision defines.
        if (message.Kind == MessageKind.Notification)
        {
            return false;
        }

        var version = HeaderValue.Plain(headers[McpHeaders.ProtocolVersion]);
        if (version is null || (message.MetaVersion is { } stated && stated != version))
        {
            await Mismatch(context, message, version is null
                ? "Header mismatch: MCP-Protocol-Version is missing or repeated"
                : "Header mismatch: MCP-Protocol-Version does not match the version in _meta");
            return true;
        }

        if (version != Version)
        {
            await UnsupportedVersion(context, version, message.Id);
            return true;
        }

        if (message.MetaVersion is null || message.MetaCapabilities.IsEmpty)
        {
            var missing = message.MetaVersion is null ? MetaKeys.ProtocolVersion : MetaKeys.ClientCapabilities;
            await McpResponse.Error(context, 400, ErrorCodes.InvalidParams, $"Invalid params: _meta must hold {missing}", message.Id);
            return true;
        }

        if (FaultOf(headers, message) is { } fault)
        {
            await Mismatch(context, message, fault);
            return true;
        }

        return false;
    }

    /// <summary>Answers -32020.</summary>
    public static Task Mismatch(HttpContext context, McpMessage message, string fault) => McpResponse.Error(context, 400, ErrorCodes.HeaderMismatch, fault, message.Id);

    private static string? FaultOf(IHeaderDictionary headers, McpMessage message)
    {
        if (HeaderValue.Plain(headers[McpHeaders.Method]) != message.Method)
        {
            return "Header mismatch: Mcp-Method is missing or does not match the method of the message";
        }

        var name = message.Method switch
        {
            McpMethods.CallTool or McpMethods.GetPrompt => message.Name,
            McpMethods.ReadResource => message.Uri,
            "tasks/get" or "tasks/update" or "tasks/cancel" => message.TaskId,
            _ => null,
        };
        var header = headers[McpHeaders.Name];
        return name is null
            ? null
            : HeaderValue.Decoded(header) == name ? null : "Header mismatch: Mcp-Name is missing or does not match the message";
    }
}
