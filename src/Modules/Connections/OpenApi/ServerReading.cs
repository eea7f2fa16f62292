using System.Collections.Immutable;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// Reads <c>servers</c> into the closed list of base URLs that a call may go to: variables are expanded over their declared values, so no
/// argument ever becomes part of a host (OpenAPI 3.1 sections 4.8.5 and 4.8.6).
/// </summary>
internal sealed class ServerReading(OpenApiOptions options, List<Diagnostic> diagnostics)
{
    /// <summary>Name of the argument that chooses among several servers.</summary>
    public const string Argument = "server";

    /// <summary>More combinations of variables than this are not offered.</summary>
    public const int MaxServers = 64;

    /// <summary>The base URLs of the nearest level that declares servers; nothing when that level declares none.</summary>
    public ImmutableArray<string>? Read(JsonElement level, string pointer)
    {
        if (options.BaseUrl is { } baseUrl)
        {
            return Normalise(baseUrl) is { } only ? [only] : [];
        }

        if (level.Member("servers") is not { ValueKind: JsonValueKind.Array } servers || servers.GetArrayLength() == 0)
        {
            return null;
        }

        var urls = new List<string>();
        var index = 0;
        foreach (var server in servers.EnumerateArray())
        {
            var at = SourceDocument.Child(pointer + "/servers", index++);
            foreach (var url in Expand(server, at))
            {
                if (Absolute(url) is not { } absolute)
                {
                    diagnostics.Add(new Diagnostic(at, "unusable_server", "This server is no http or https URL; a base URL can be set on the integration."));
                    break;
                }

                if (urls.Count < MaxServers && !urls.Contains(absolute))
                {
                    urls.Add(absolute);
                }
            }
        }

        return [.. urls];
    }

    /// <summary>The servers of a document that declares none: where it came from (OpenAPI 3.1 section 4.8.1).</summary>
    public ImmutableArray<string> Default()
    {
        var url = options.BaseUrl is { } baseUrl ? Normalise(baseUrl) : Absolute("/");
        return url is null ? [] : [url];
    }

    /// <summary>An http or https base URL without a trailing slash; nothing for any other URL, or one with credentials, query or fragment.</summary>
    public static string? Normalise(Uri url) =>
        url.IsAbsoluteUri && url.Scheme is "http" or "https" && url.Host.Length > 0 && url.UserInfo.Length == 0 && url.Query.Length == 0
        && url.Fragment.Length == 0
            ? url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/')
            : null;

    private string? Absolute(string url)
    {
        if (url.Any(char.IsControl) || url.AsSpan().IndexOfAny("\\{}") >= 0)
        {
            return null;
        }

        if (Uri.TryCreate(url, UriKind.Absolute, out var absolute) && absolute.Scheme is "http" or "https")
        {
            return Normalise(absolute!);
        }

        return options.SourceUrl is { IsAbsoluteUri: true } source && Uri.TryCreate(source, url, out var relative) ? Normalise(relative) : null;
    }

    private List<string> Expand(JsonElement server, string pointer)
    {
        if (server.Text("url") is not { } url)
        {
            diagnostics.Add(new Diagnostic(pointer, "unusable_server", "This server has no URL."));
            return [];
        }

        IEnumerable<string> urls = [url];
        foreach (var variable in server.Members("variables"))
        {
            var mark = $"{{{variable.Name}}}";
            if (!url.Contains(mark, StringComparison.Ordinal))
            {
                continue;
            }

            var values = Values(variable.Value);
            if (variable.Value.Member("enum") is null)
            {
                diagnostics.Add(new Diagnostic(
                    SourceDocument.Child(pointer + "/variables", variable.Name), "open_server_variable",
                    "This variable takes any value; only its default is used. Set a base URL on the integration for another one."));
            }

            urls = urls.SelectMany(partial => values.Select(value => partial.Replace(mark, value, StringComparison.Ordinal)));
        }

        var expanded = urls.Take(MaxServers + 1).ToList();
        if (expanded.Count > MaxServers)
        {
            diagnostics.Add(new Diagnostic(pointer, "too_many_servers", $"Only the first {MaxServers} combinations of these variables are offered."));
        }

        return expanded;
    }

    /// <summary>The default first, then the other declared values.</summary>
    private static List<string> Values(JsonElement variable)
    {
        var values = new List<string>();
        if (variable.Label("default") is { } standard)
        {
            values.Add(standard);
        }

        values.AddRange(variable.Elements("enum").Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)
            .Where(value => !values.Contains(value)));
        return values;
    }
}
