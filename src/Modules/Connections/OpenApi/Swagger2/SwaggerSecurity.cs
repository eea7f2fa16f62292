using System.Text.Json;

namespace Toolgate.Connections;

/// <summary><c>securityDefinitions</c> as security schemes.</summary>
internal static class SwaggerSecurity
{
    /// <summary>Writes <c>securitySchemes</c>.</summary>
    public static void Write(Utf8JsonWriter output, JsonElement root, PointerMap places)
    {
        places.Add("/components/securitySchemes", "/securityDefinitions");
        output.WriteStartObject("securitySchemes"u8);
        foreach (var definition in root.Members("securityDefinitions"))
        {
            output.WritePropertyName(definition.Name);
            switch (definition.Value.Text("type"))
            {
                case "basic":
                    output.WriteStartObject();
                    output.WriteString("type"u8, "http"u8);
                    output.WriteString("scheme"u8, "basic"u8);
                    output.WriteEndObject();
                    break;
                case "oauth2":
                    WriteOAuth(output, definition.Value);
                    break;
                default:
                    // An API key reads the same; anything else is the compiler's to refuse.
                    SwaggerConversion.Copy(output, definition.Value);
                    break;
            }
        }

        output.WriteEndObject();
    }

    private static void WriteOAuth(Utf8JsonWriter output, JsonElement definition)
    {
        output.WriteStartObject();
        output.WriteString("type"u8, "oauth2"u8);
        output.WriteStartObject("flows"u8);
        var flow = definition.Text("flow") switch
        {
            "accessCode" => "authorizationCode",
            "application" => "clientCredentials",
            "implicit" or "password" => definition.Text("flow"),
            _ => null,
        };
        if (flow is not null)
        {
            output.WriteStartObject(flow);
            foreach (var name in new[] { "authorizationUrl", "tokenUrl", "scopes" })
            {
                if (definition.Member(name) is { } member)
                {
                    output.WritePropertyName(name);
                    SwaggerConversion.Copy(output, member);
                }
            }

            output.WriteEndObject();
        }

        output.WriteEndObject();
        output.WriteEndObject();
    }
}
