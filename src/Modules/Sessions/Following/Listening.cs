using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary><c>subscriptions/listen</c> (2026-07-28, "Subscriptions"): a POST whose answer stays open.</summary>
internal sealed class Listening(ListChangeHub hub, Subscribing subscribing)
{
    /// <summary>Acknowledges, then tells of changes, and ends with a result when the server is the one that ends it.</summary>
    public async Task Serve(HttpContext context, Caller caller, McpMessage message)
    {
        if (ListenFilter.Read(message.Notifications) is not { } filter)
        {
            await McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: notifications must be an object", message.Id);
            return;
        }

        var id = message.IdText();
        var lists = filter.HonouredLists(caller.View.Offers);

        // A set: what was not told yet is told once, however often it changed meanwhile.
        var updated = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var watch = hub.Begin(caller, null);
        using var subscriptions = subscribing.Begin(caller, caller.Principal.Id, message.MetaCapabilities.ToArray(), uri =>
        {
            if (updated.Count < 2 * SubscriptionSet.Most)
            {
                updated[uri] = true;
            }

            watch.Signal(WatchSignal.Message);
        });
        try
        {
            var stream = new EventStreamWriter(context);
            await stream.Start(context.RequestAborted);
            var open = await stream.Message(Acknowledged(id, lists, Follow(caller, filter, subscriptions)), context.RequestAborted);
            while (open)
            {
                switch (await watch.Next(context.RequestAborted))
                {
                    case WatchSignal.Ended:
                        await stream.Message(Ended(id), context.RequestAborted);
                        return;
                    case WatchSignal.Changed:
                        foreach (var notification in ListChanges.Of(watch.TakeChanges() & lists, Meta(id)))
                        {
                            open = open && await stream.Message(notification, context.RequestAborted);
                        }

                        break;
                    case WatchSignal.Message:
                        foreach (var uri in updated.Keys.Where(uri => updated.TryRemove(uri, out _)))
                        {
                            open = open && await stream.Message(Subscribing.Updated(uri, id), context.RequestAborted);
                        }

                        break;
                    default:
                        open = await stream.KeepAlive(context.RequestAborted);
                        break;
                }
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

    /// <summary>Follows what of the filter can be followed.</summary>
    private static List<string> Follow(Caller caller, ListenFilter filter, SubscriptionSet subscriptions)
        => [.. filter.Uris.Where(uri => caller.View.Offers.Route(uri) is { } item && item.Server.Can(ServerFeatures.Subscribe)
            && CallAccess.Refusal(caller.Principal, caller.View, item.Server) is null && subscriptions.Add(uri, item))];

    private static byte[] Acknowledged(string id, ListChange lists, List<string> uris)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc"u8, "2.0"u8);
            json.WriteString("method"u8, "notifications/subscriptions/acknowledged"u8);
            json.WriteStartObject("params"u8);
            json.WritePropertyName("_meta"u8);
            json.WriteRawValue(Meta(id), skipInputValidation: true);
            json.WritePropertyName("notifications"u8);
            ListenFilter.Write(json, lists, uris);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static byte[] Ended(string id) => Encoding.UTF8.GetBytes(
        """{"jsonrpc":"2.0","id":""" + id + ""","result":{"resultType":"complete","_meta":""" + Meta(id) + "}}");

    private static string Meta(string id) => """{"io.modelcontextprotocol/subscriptionId":""" + id + "}";
}
