using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>Whatever the arguments hold, the request stays what the operation says.</summary>
public sealed class RequestSafetyTests
{
    private static readonly string[] Pieces =
    [
        "..", ".", "/", "\\\\", "%2e", "%2E%2e", "%2f", "%5c", "%252e", "%25", "?", "#", "@", ":", "//evil.example", "http://evil.example/", "\\r\\n", "\\n", "\\u0000", "\\u0085", "\\u2028",
        " ", ";", "&", "=", "+", "é", "😀", "\\ud800", "\\udc00", "a", "0", "[", "]", "{", "}", "|", "*", "~", "%", "%zz", "．．", "／", "\\u202e", "\\\"", "'", "<", "Host: x",
    ];

    private static readonly ToolDefinition Tool = Documents.Tool("""
        { parameters: [{ name: a, in: path, required: true, schema: {} }, { name: b, in: path, required: true, schema: {} }, { name: c, in: path, required: true, style: matrix, explode: true, schema: {} },
            { name: q, in: query, schema: {} }, { name: d, in: query, style: deepObject, schema: {} }, { name: s, in: query, style: spaceDelimited, explode: false, schema: {} }, { name: r, in: query, allowReserved: true, schema: {} },
            { name: X-H, in: header, schema: {} }, { name: k, in: cookie, schema: {} }], requestBody: { content: { application/json: {} } } }
        """, "/v1/{a}/x-{b}.json/{c}", "post");

    [Fact]
    public void no_argument_leaves_scheme_host_port_path_template_or_method()
    {
        var text = Gen.Elements(Pieces).ListOf().Select(pieces => $"\"{string.Concat(pieces.Take(6))}\"");
        var value = Gen.Frequency(
            (6, text), (1, Gen.Elements("null", "true", "0", "-1e400", "{}", "[]")),
            (1, text.ListOf().Select(items => $"[{string.Join(',', items.Take(3))}]")),
            (1, from key in text from item in text select $"{{{key}:{item}}}"));
        var names = new[] { "a", "b", "c", "q", "d", "s", "r", "X-H", "k", "body", "server", "unknown" };
        var arguments = value.ListOf(names.Length).Select(values => "{" + string.Join(',', names.Zip(values, (name, one) => $"\"{name}\":{one}")) + "}");

        // Most hostile arguments are refused; tame ones in the other places let each place be reached.
        var tame = from name in Gen.Elements("a", "b", "c", "q", "d", "s", "r", "X-H", "k", "body") from hostile in value
                   select "{" + string.Join(',', names.Take(10).Select(other => $"\"{other}\":{(other == name ? hostile : "\"ok\"")}")) + "}";
        var built = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(4_000), Prop.ForAll(Arb.From(Gen.OneOf(arguments, tame)), json =>
        {
            var plan = HttpRequestBuilder.Build(Tool.Http(), Encoding.UTF8.GetBytes(json));
            if (plan.Request is not { } request)
            {
                return plan.Fault is not null;
            }

            built++;
            return request.Method == HttpMethod.Post && IsTemplate(request.RequestUri!) && AreHeadersWhole(request) && IsBodyItself(request, json);
        }));
        built.ShouldBeGreaterThan(500);
    }

    /// <summary>Read as bytes, without the help of the class that made it; and read again by its canonicalising form.</summary>
    private static bool IsTemplate(Uri uri)
    {
        foreach (var text in new[] { uri.OriginalString, new Uri(uri.OriginalString).AbsoluteUri, $"https://api.example.com{uri.PathAndQuery}" })
        {
            const string origin = "https://api.example.com/";
            if (!text.StartsWith(origin, StringComparison.Ordinal) || text.Any(c => c is <= ' ' or > '~' or '#' or '\\' or '"' or '<' or '>'))
            {
                return false;
            }

            var path = text[(origin.Length - 1)..].Split('?')[0];
            var segments = path.Split('/');
            if (segments.Length != 6 || segments[1] != "base" || segments[2] != "v1" || !segments[4].StartsWith("x-", StringComparison.Ordinal)
                || !segments[4].EndsWith(".json", StringComparison.Ordinal) || !segments[5].StartsWith(';'))
            {
                return false;
            }

            foreach (var segment in segments)
            {
                for (var decoded = segment; ; decoded = Uri.UnescapeDataString(decoded))
                {
                    if (decoded.Split('/', '\\').Any(piece => piece is "." or "..") || decoded.Contains('\n') || decoded.Contains('\0'))
                    {
                        return false;
                    }

                    if (Uri.UnescapeDataString(decoded) == decoded)
                    {
                        break;
                    }
                }
            }
        }

        return uri.Host == "api.example.com" && uri.Port == 443 && uri.UserInfo.Length == 0;
    }

    private static bool AreHeadersWhole(HttpRequestMessage request) =>
        request.Headers.NonValidated.All(header => header.Key is "Accept" or "X-H" or "Cookie" && header.Value.All(value => value.All(c => c is >= ' ' and <= '~')));

    private static bool IsBodyItself(HttpRequestMessage request, string json)
    {
        using var document = JsonDocument.Parse(json);
        return request.Body() == document.RootElement.GetProperty("body").GetRawText();
    }
}
