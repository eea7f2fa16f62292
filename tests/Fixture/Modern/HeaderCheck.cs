using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>2026-07-28 repeats parts of the body in headers, for whoever routes without reading bodies. They must agree.</summary>
internal static class HeaderCheck
{
    private const string Encoded = "=?base64?";

    /// <summary>Compares the headers with the body.</summary>
    /// <exception cref="RpcException">They disagree.</exception>
    public static void Check(ReceivedRequest received, FixtureCatalog catalog)
    {
        Same(received, "Mcp-Method", received.Method);
        var named = received.Method switch
        {
            "tools/call" or "prompts/get" => "name",
            "resources/read" => "uri",
            _ => null,
        };
        if (named is not null)
        {
            Same(received, "Mcp-Name", Rpc.Text(received.Params[named]));
        }

        if (received.Method == "tools/call" && catalog.Tools.Find(Rpc.Text(received.Params["name"])) is { } tool)
        {
            Parameters(received, tool.Definition["inputSchema"]?["properties"] as JsonObject, received.Params["arguments"] as JsonObject);
        }
    }

    private static void Parameters(ReceivedRequest received, JsonObject? properties, JsonObject? arguments)
    {
        foreach (var (name, schema) in properties ?? [])
        {
            var value = arguments?[name];
            if (Rpc.Text(schema?["x-mcp-header"]) is { } header)
            {
                Same(received, "Mcp-Param-" + header, value switch
                {
                    null => null,
                    JsonValue scalar when scalar.TryGetValue<string>(out var text) => text,
                    _ => value.ToJsonString(),
                });
            }

            Parameters(received, schema?["properties"] as JsonObject, value as JsonObject);
        }
    }

    private static void Same(ReceivedRequest received, string header, string? expected)
    {
        var actual = received.Header(header)?.Trim(' ', '\t');
        var decoded = actual is null ? null : Decode(actual) ?? throw Mismatch(header);
        if (decoded != expected
            && !(decimal.TryParse(decoded, NumberStyles.Number, CultureInfo.InvariantCulture, out var left)
                && decimal.TryParse(expected, NumberStyles.Number, CultureInfo.InvariantCulture, out var right) && left == right))
        {
            throw Mismatch(header);
        }
    }

    /// <summary>The value of a header; null when it is badly encoded.</summary>
    private static string? Decode(string value)
    {
        if (!value.StartsWith(Encoded, StringComparison.Ordinal) || !value.EndsWith("?=", StringComparison.Ordinal) || value.Length < Encoded.Length + 2)
        {
            return value;
        }

        var body = value[Encoded.Length..^2];
        var bytes = new byte[body.Length];
        return !body.Any(char.IsWhiteSpace) && Convert.TryFromBase64String(body, bytes, out var length)
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : null;
    }

    private static RpcException Mismatch(string header) => new(RpcException.HeaderMismatch, $"{header} differs from the body");
}
