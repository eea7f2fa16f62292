using System.Text.Json;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>The capabilities of a resource: what its view offers, and nothing that it does not.</summary>
internal static class ServerCapabilities
{
    /// <summary>Writes the <c>capabilities</c> member.</summary>
    public static void Write(Utf8JsonWriter json, ToolView view)
    {
        var features = view.Offers.Features;
        json.WriteStartObject("capabilities"u8);
        json.WriteStartObject("tools"u8);
        json.WriteBoolean("listChanged"u8, true);
        json.WriteEndObject();
        WriteOffers(json, features);
        if (features.HasFlag(ServerFeatures.Logging))
        {
            json.WriteStartObject("logging"u8);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteOffers(Utf8JsonWriter json, ServerFeatures features)
    {
        if (features.HasFlag(ServerFeatures.Resources))
        {
            json.WriteStartObject("resources"u8);
            if (features.HasFlag(ServerFeatures.Subscribe))
            {
                json.WriteBoolean("subscribe"u8, true);
            }

            json.WriteBoolean("listChanged"u8, true);
            json.WriteEndObject();
        }

        if (features.HasFlag(ServerFeatures.Prompts))
        {
            json.WriteStartObject("prompts"u8);
            json.WriteBoolean("listChanged"u8, true);
            json.WriteEndObject();
        }

        if (features.HasFlag(ServerFeatures.Completions))
        {
            json.WriteStartObject("completions"u8);
            json.WriteEndObject();
        }
    }
}
