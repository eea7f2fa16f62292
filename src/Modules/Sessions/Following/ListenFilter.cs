using System.Text.Json;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>What a listener wants to be told of (2026-07-28, "Subscriptions").</summary>
/// <param name="Lists">Lists.</param>
/// <param name="Uris">Resources, each once, at most <see cref="SubscriptionSet.Most"/>.</param>
internal sealed record ListenFilter(ListChange Lists, IReadOnlyList<string> Uris)
{
    private static readonly (string Member, ListChange Change)[] Known =
        [("toolsListChanged", ListChange.Tools), ("resourcesListChanged", ListChange.Resources), ("promptsListChanged", ListChange.Prompts)];

    /// <summary>Reads a filter; null when there is none.</summary>
    public static ListenFilter? Read(ReadOnlyMemory<byte> notifications)
    {
        if (notifications.IsEmpty)
        {
            return null;
        }

        using var document = JsonDocument.Parse(notifications);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var lists = ListChange.None;
        foreach (var (member, change) in Known)
        {
            lists |= root.TryGetProperty(member, out var wanted) && wanted.ValueKind == JsonValueKind.True ? change : ListChange.None;
        }

        return new ListenFilter(lists, root.TryGetProperty("resourceSubscriptions"u8, out var uris) && uris.ValueKind == JsonValueKind.Array
            ? [.. uris.EnumerateArray().Where(uri => uri.ValueKind == JsonValueKind.String).Select(TextOf).OfType<string>().Distinct(StringComparer.Ordinal).Take(SubscriptionSet.Most)]
            : []);
    }

    /// <summary>The part of it that this view can honour; what a resource offers is what its capabilities say.</summary>
    public ListChange HonouredLists(OfferView offers) => Lists
        & (ListChange.Tools
            | ((offers.Features & ServerFeatures.Resources) != 0 ? ListChange.Resources : 0)
            | ((offers.Features & ServerFeatures.Prompts) != 0 ? ListChange.Prompts : 0));

    /// <summary>The honoured subset as the acknowledgement says it.</summary>
    public static void Write(Utf8JsonWriter json, ListChange lists, IReadOnlyList<string> uris)
    {
        json.WriteStartObject();
        foreach (var (member, _) in Known.Where(known => lists.HasFlag(known.Change)))
        {
            json.WriteBoolean(member, true);
        }

        if (uris.Count > 0)
        {
            json.WriteStartArray("resourceSubscriptions"u8);
            foreach (var uri in uris)
            {
                json.WriteStringValue(uri);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>The text; null when it holds half a surrogate pair, which no resource is called.</summary>
    private static string? TextOf(JsonElement uri)
    {
        try
        {
            return uri.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
