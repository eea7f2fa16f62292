using System.Text.Json;
using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>Reads what a server declared.</summary>
internal static class OfferedFeatures
{
    /// <summary>What a server can do. One that lists what it did not declare can do it all the same.</summary>
    public static ServerFeatures Of(UpstreamOffer offer)
        => Declared(offer.Capabilities)
            | (offer.Resources.IsEmpty && offer.Templates.IsEmpty ? ServerFeatures.None : ServerFeatures.Resources)
            | (offer.Prompts.IsEmpty ? ServerFeatures.None : ServerFeatures.Prompts);

    private static ServerFeatures Declared(ReadOnlyMemory<byte> capabilities)
    {
        if (capabilities.IsEmpty)
        {
            return ServerFeatures.None;
        }

        try
        {
            using var document = JsonDocument.Parse(capabilities);
            var root = document.RootElement;
            var features = Has("prompts", ServerFeatures.Prompts) | Has("completions", ServerFeatures.Completions) | Has("logging", ServerFeatures.Logging);
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("resources"u8, out var resources) && resources.ValueKind == JsonValueKind.Object)
            {
                features |= ServerFeatures.Resources;
                features |= resources.TryGetProperty("subscribe"u8, out var subscribe) && subscribe.ValueKind == JsonValueKind.True ? ServerFeatures.Subscribe : 0;
            }

            return features;

            ServerFeatures Has(string name, ServerFeatures feature)
                => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? feature : 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What cannot be read was not declared.
            return ServerFeatures.None;
        }
    }
}
