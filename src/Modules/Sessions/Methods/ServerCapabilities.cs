using System.Text.Json;
using Toolgate.Connections;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>What a resource can do for its client; the same in <c>initialize</c> and <c>server/discover</c>.</summary>
internal static class ServerCapabilities
{
    /// <summary>Writes the member <c>capabilities</c>.</summary>
    public static void Write(Utf8JsonWriter json, ToolView view)
    {
        json.WriteStartObject("capabilities"u8);
        json.WriteStartObject("tools"u8);
        json.WriteBoolean("listChanged"u8, true);
        json.WriteEndObject();
        if (Logs(view.Offers))
        {
            json.WriteStartObject("logging"u8);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Whether a server behind the view writes log messages: Toolgate itself sends its clients none.</summary>
    private static bool Logs(OfferView offers) => offers.Readable.Any(Logs) || offers.Prompting.Any(Logs);

    private static bool Logs(UpstreamOffer offer)
    {
        using var document = JsonDocument.Parse(offer.Capabilities.IsEmpty ? "{}"u8.ToArray() : offer.Capabilities);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("logging"u8, out _);
    }
}
