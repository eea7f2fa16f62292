using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary><c>subscriptions/listen</c> (2026-07-28, "Subscriptions"): a POST whose answer stays open.</summary>
internal sealed class Listening(ListChangeHub hub)
{
    /// <summary>Acknowledges, then tells of changes, and ends with a result when the server is the one that ends it.</summary>
    public async Task Serve(HttpContext context, Caller caller, McpMessage message)
    {
        if (WantsTools(message.Notifications) is not { } tools)
        {
            await McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: notifications must be an object", message.Id);
            return;
        }

        var id = message.IdText();
        var watch = hub.Begin(caller, null);
        try
        {
            var stream = new EventStreamWriter(context);
            await stream.Start(context.RequestAborted);
            var open = await stream.Message(Acknowledged(id, tools), context.RequestAborted);
            while (open)
            {
                var signal = await watch.Next(context.RequestAborted);
                if (signal == WatchSignal.Ended)
                {
                    await stream.Message(Ended(id), context.RequestAborted);
                    return;
                }

                open = signal == WatchSignal.Changed && tools
                    ? await stream.Message(Changed(id), context.RequestAborted)
                    : await stream.KeepAlive(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // Closing the stream is how the client cancels.
        }
        finally
        {
            hub.End(watch);
        }
    }

    /// <summary>Whether the filter asks for changes of the tool list; null when there is no filter.</summary>
    private static bool? WantsTools(ReadOnlyMemory<byte> filter)
    {
        if (filter.IsEmpty)
        {
            return null;
        }

        using var document = JsonDocument.Parse(filter);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? document.RootElement.TryGetProperty("toolsListChanged"u8, out var wanted) && wanted.ValueKind == JsonValueKind.True
            : null;
    }

    private static byte[] Acknowledged(string id, bool tools) => Encoding.UTF8.GetBytes(
        """{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":""" + Meta(id)
        + (tools ? ""","notifications":{"toolsListChanged":true}}}""" : ""","notifications":{}}}"""));

    private static byte[] Changed(string id) => Encoding.UTF8.GetBytes(
        """{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":""" + Meta(id) + "}}");

    private static byte[] Ended(string id) => Encoding.UTF8.GetBytes(
        """{"jsonrpc":"2.0","id":""" + id + ""","result":{"resultType":"complete","_meta":""" + Meta(id) + "}}");

    private static string Meta(string id) => """{"io.modelcontextprotocol/subscriptionId":""" + id + "}";
}
