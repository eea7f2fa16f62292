using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>A <c>subscriptions/listen</c> request: a stream of the changes that it asked for.</summary>
internal sealed class Listening : IListener
{
    private const string SubscriptionKey = ModernContext.Prefix + "subscriptionId";

    private readonly JsonNode id;
    private readonly JsonObject filter;
    private readonly MessageStream stream;

    private Listening(JsonNode id, JsonObject filter, MessageStream stream)
    {
        this.id = id;
        this.filter = filter;
        this.stream = stream;
    }

    /// <summary>The subscription of a request, or null when it does not say to what.</summary>
    public static Listening? Of(JsonObject request, MessageStream stream)
    {
        if (request["params"]?["notifications"] is not JsonObject asked)
        {
            return null;
        }

        var filter = new JsonObject();
        foreach (var name in (string[])["toolsListChanged", "promptsListChanged", "resourcesListChanged"])
        {
            if (asked[name] is JsonValue wanted && wanted.TryGetValue<bool>(out var yes) && yes)
            {
                filter[name] = true;
            }
        }

        if (asked["resourceSubscriptions"] is JsonArray uris)
        {
            filter["resourceSubscriptions"] = uris.DeepClone();
        }

        return new Listening(request["id"]!.DeepClone(), filter, stream);
    }

    /// <summary>Says what will be told. The first message of the stream.</summary>
    public void Acknowledge() => Tell("notifications/subscriptions/acknowledged", new JsonObject { ["notifications"] = filter.DeepClone() });

    public void ListChanged(string kind)
    {
        if (filter.ContainsKey(kind + "ListChanged"))
        {
            Tell($"notifications/{kind}/list_changed", []);
        }
    }

    public void ResourceUpdated(string uri, JsonObject? more)
    {
        if (filter["resourceSubscriptions"] is JsonArray uris && uris.Any(wanted => Rpc.Text(wanted) == uri))
        {
            var parameters = more?.DeepClone().AsObject() ?? [];
            parameters["uri"] = uri;
            Tell("notifications/resources/updated", parameters);
        }
    }

    /// <summary>Ends the stream in order: with the result of the request.</summary>
    public void End()
    {
        stream.Send(Rpc.Result(id, new JsonObject
        {
            ["resultType"] = "complete",
            ["_meta"] = new JsonObject { [SubscriptionKey] = id.DeepClone(), [ModernContext.Prefix + "serverInfo"] = Discovery.ServerInfo() },
        }));
        stream.Complete();
    }

    private void Tell(string method, JsonObject parameters)
    {
        if (parameters["_meta"] is not JsonObject meta)
        {
            parameters["_meta"] = meta = [];
        }

        meta[SubscriptionKey] = id.DeepClone();
        stream.Send(Rpc.Notification(method, parameters));
    }
}
