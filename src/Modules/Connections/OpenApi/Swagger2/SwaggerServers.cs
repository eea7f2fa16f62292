using System.Text.Json;

namespace Toolgate.Connections;

/// <summary><c>schemes</c>, <c>host</c> and <c>basePath</c> as servers. One scheme is chosen, https before http: it is no choice for an agent.</summary>
internal sealed class SwaggerServers
{
    private readonly string? host;
    private readonly string basePath;
    private readonly string? scheme;

    public SwaggerServers(JsonElement root, string? sourceScheme)
    {
        host = root.Text("host").OrNull();
        var path = root.Text("basePath").OrNull() ?? "/";
        basePath = path.StartsWith('/') ? path : "/" + path;
        scheme = SchemeOf(root) ?? sourceScheme;
    }

    /// <summary>The scheme that a level declares; nothing when it declares none.</summary>
    public static string? SchemeOf(JsonElement level)
    {
        var declared = level.Elements("schemes").Where(scheme => scheme.ValueKind == JsonValueKind.String).Select(scheme => scheme.GetString()!).ToList();
        return declared.Contains("https") ? "https" : declared.Contains("http") ? "http" : declared.FirstOrDefault();
    }

    /// <summary>Writes <c>servers</c>.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="schemes">The scheme that an operation declares; null for the document's.</param>
    public void Write(Utf8JsonWriter output, string? schemes)
    {
        output.WriteStartArray("servers"u8);
        output.WriteStartObject();

        // Without a host the document means where it came from; a relative URL says so.
        output.WriteString("url"u8, host is null ? basePath : $"{schemes ?? scheme ?? "https"}://{host}{basePath}");
        output.WriteEndObject();
        output.WriteEndArray();
    }
}
