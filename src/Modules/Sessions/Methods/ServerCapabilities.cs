using System.Text.Json;
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
        WriteOffers(json, view.Offers.Features);
        if (view.Offers.Features.HasFlag(ServerFeatures.Logging))
        {
            // Of a server behind the view: Toolgate itself sends its clients no log.
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
