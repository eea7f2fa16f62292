using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>One valid manifest, and ways to break exactly one thing of it.</summary>
internal static class Manifests
{
    public const string Calendar = """
        {
          "manifestVersion": 1,
          "id": "calendar-sync",
          "version": "1.4.0",
          "displayName": "Calendar",
          "description": "Events of the team's calendar.",
          "capabilities": ["mcp:tools"],
          "service": {
            "baseUrl": "https://calendar.example.com/api",
            "allowedHosts": ["calendar.example.com", "files.example.com"],
            "auth": { "type": "bearer", "secretRef": "calendar-token" }
          },
          "routes": [
            { "name": "events/create", "method": "POST", "path": "/v1/calendars/{calendar}/events", "timeoutMs": 10000, "arguments": "body" },
            { "name": "events/list", "method": "GET", "path": "/v1/events", "public": true, "arguments": "query" }
          ],
          "mcpTools": [
            {
              "name": "create_event", "title": "Create event", "description": "Creates an event.", "route": "events/create",
              "inputSchema": {
                "type": "object",
                "properties": {
                  "calendar": { "type": "string", "minLength": 1, "maxLength": 50, "pattern": "^[a-z]+$" },
                  "title": { "type": "string", "description": "What it is called.", "minLength": 1 },
                  "minutes": { "type": "integer", "minimum": 5, "maximum": 600, "default": 30 },
                  "ratio": { "type": "number", "minimum": 0, "maximum": 1 },
                  "kind": { "type": "string", "enum": ["meeting", "holiday"], "default": "meeting" },
                  "private": { "type": "boolean", "default": false },
                  "guests": { "type": "array", "items": { "type": "string", "format": "email" }, "minItems": 0, "maxItems": 20 }
                },
                "required": ["calendar", "title"],
                "additionalProperties": false
              },
              "outputSchema": { "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] },
              "destructive": false
            },
            {
              "name": "list_events", "description": "Lists events.", "route": "events/list",
              "inputSchema": { "type": "object", "properties": { "from": { "type": "string", "format": "date" }, "tags": { "type": "array", "items": { "type": "string" } } } },
              "destructive": false, "readOnly": true
            }
          ]
        }
        """;

    /// <summary>A validator for a deployment that opened no network.</summary>
    public static ManifestValidator Strict { get; } = Validator(new EgressOptions());

    /// <summary>A validator for a deployment that allows every private network.</summary>
    public static ManifestValidator Open { get; } = Validator(new EgressOptions { AllowPrivateNetworks = true });

    public static ManifestValidator Validator(EgressOptions options) => new(new PluginHosts(new AddressRules(Options.Create(options)), Options.Create(options)));

    /// <summary>The valid manifest, changed.</summary>
    public static JsonObject With(Action<JsonObject> change)
    {
        var manifest = JsonNode.Parse(Calendar)!.AsObject();
        change(manifest);
        return manifest;
    }

    /// <summary>Reads it as a deployment without open networks does.</summary>
    public static ManifestReading Read(JsonNode manifest) => Read(manifest.ToJsonString());

    public static ManifestReading Read(string manifest) => Strict.Read(Encoding.UTF8.GetBytes(manifest));

    /// <summary>The manifest of a document that must be valid.</summary>
    public static PluginManifest Valid(JsonNode manifest)
    {
        var reading = Read(manifest);
        reading.Faults.ShouldBeEmpty();
        return reading.Manifest.ShouldNotBeNull();
    }

    public static PluginManifest Valid() => Valid(JsonNode.Parse(Calendar)!);

    /// <summary>The node at a JSON Pointer without escapes.</summary>
    public static JsonNode At(this JsonNode node, string pointer)
    {
        foreach (var token in pointer.Split('/').Skip(1))
        {
            node = node is JsonArray array ? array[int.Parse(token, System.Globalization.CultureInfo.InvariantCulture)]! : node[token]!;
        }

        return node;
    }

    /// <summary>Sets what a pointer names; text is JSON.</summary>
    public static void Set(this JsonNode node, string pointer, string json)
    {
        var cut = pointer.LastIndexOf('/');
        var parent = node.At(pointer[..cut]);
        var token = pointer[(cut + 1)..];
        if (parent is JsonArray array)
        {
            var index = token == "-" ? array.Count : int.Parse(token, System.Globalization.CultureInfo.InvariantCulture);
            if (index == array.Count)
            {
                array.Add(JsonNode.Parse(json));
            }
            else
            {
                array[index] = JsonNode.Parse(json);
            }
        }
        else
        {
            parent[token] = JsonNode.Parse(json);
        }
    }

    /// <summary>Takes away what a pointer names.</summary>
    public static void Drop(this JsonNode node, string pointer)
    {
        var cut = pointer.LastIndexOf('/');
        node.At(pointer[..cut]).AsObject().Remove(pointer[(cut + 1)..]).ShouldBeTrue(pointer);
    }
}
