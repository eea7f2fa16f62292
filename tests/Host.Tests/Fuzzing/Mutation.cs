using System.Globalization;
using System.Text;

namespace Toolgate.Host.Tests;

/// <summary>A request before it is bytes.</summary>
internal sealed class FuzzRequest(string method, string target, string body, params (string Name, string Value)[] headers)
{
    public string Method { get; set; } = method;

    public string Target { get; set; } = target;

    public byte[] Body { get; set; } = Encoding.UTF8.GetBytes(body);

    public List<(string Name, string Value)> Headers { get; } = [.. headers];

    /// <summary>Whether its head was damaged, so that server and client may not agree where it ends.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>A copy to damage.</summary>
    public FuzzRequest Copy() => new(Method, Target, "", [.. Headers]) { Body = [.. Body] };

    /// <summary>The bytes to send; one in twelve with a damaged head.</summary>
    public byte[] Bytes(Uri address, Dice dice)
    {
        var head = new StringBuilder($"{Method} {Target} HTTP/1.1\r\nHost: {address.Authority}\r\n");
        foreach (var (name, value) in Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (Body.Length > 0 || Method is "POST" or "PUT" or "PATCH")
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        }

        var bytes = Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
        IsBroken = dice.Next(12) == 0;
        return [.. IsBroken ? Mutation.Bytes(bytes, dice) : bytes, .. Body];
    }
}

/// <summary>What is done to a valid request: its bytes, its structure, its numbers, its encoding, its headers, its path and its query.</summary>
internal static class Mutation
{
    private static readonly string[] Values =
    [
        "null", "true", "-0", "1e999", "-1e999", "1E-999", "99999999999999999999999999999999", "0.000000000000000000000000000001", "01", "NaN", "[]", "{}", "\"\"", "\"\\u0000\"",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u202e\\u200b\"", "[[[[[[]]]]]]", "{\"\":{\"\":0}}", "9223372036854775808", "-9223372036854775809", "2147483648", "1.0", "\"../../x\"",
        "\"%00\"", "\"*\"", "\"a.b.c.d.e.f\"", "\"tk_\"", "\"2026-07-28\"", "\"$ref\"", "\"https://\"", "\"'; drop table x;--\"", "\"{{x}}\"",
    ];

    private static readonly string[] HeaderNames =
    [
        "Accept", "Content-Type", "Authorization", "Mcp-Session-Id", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Param-Region", "Last-Event-ID", "Origin", "If-Match",
        "Idempotency-Key", "Cookie", "Content-Encoding", "Accept-Encoding", "traceparent", "tracestate", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Range",
        "If-None-Match", "If-Modified-Since", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Sec-Fetch-Site", "X-HTTP-Method-Override", "Expect", "Upgrade", "TE",
    ];

    private static readonly string[] HeaderValues =
    [
        "", " ", "*/*", "application/json", "application/json; charset=utf-16", "application/json;charset=\"", "text/event-stream;q=nope", "Bearer", "Bearer ", "Bearer x y", "Basic Og==",
        "bearer tgk_0", "2026-07-28", "2025-11-25", "9999-99-99", "=?base64??=", "=?base64?////?=", "=?base64?AA==?=", "\"\"", "W/\"1\"", "\"99999999999999999999\"", "*", "gzip", "null",
        "http://", "://", "00-0-0-0", "00-00000000000000000000000000000000-0000000000000000-00", "a=b;c", "__Host-toolgate=x", "bytes=0-,-1", "-1", "99999999999999999999", "\u00ff\u00fe", "a,b,,c",
        "127.0.0.1", "for=\"[::1\"", "for=_x;proto=https", "Mon, 99 Foo 2026 99:99:99 GMT", "h2c", "trailers",
    ];

    private static readonly string[] PathParts =
    [
        "%00", "%2e%2e", "%2F", "..", ".", "//", ";x=y", "%c0%af", "%ff", "%u0041", "%", "%zz", "\u00e9", "*", "{id}", "~", "tk_0", "%20", "a%0d%0ab", "%E2%80%AE", "|", "\\", "\"", "<script>", "@",
    ];

    private static readonly string[] Queries =
    [
        "limit=0", "limit=-1", "limit=1e3", "limit=99999999999999999999", "limit=1&limit=2", "cursor=", "cursor=%00", "cursor=AAAA", "cursor=%ff", "query=%00", "query=" , "at=0", "at=9999999999999999999",
        "at=not-a-time", "at=0001-01-01T00:00:00Z", "from=9999-12-31T23:59:59.9999999Z", "to=-1", "type=", "after=-1", "after=9223372036854775807", "address=*.*.*", "address=%00", "a[b]=c", "&&&", "=", "%=%",
        "includeBlocked=maybe", "stream=%ff%fe", "order=sideways", "outcome=%F0%9F%92%A9",
    ];

    /// <summary>Damages a request in one to three places.</summary>
    public static void Apply(FuzzRequest request, Dice dice)
    {
        for (var i = dice.Next(1, 4); i > 0; i--)
        {
            switch (dice.Next(request.Body.Length > 0 ? 12 : 5))
            {
                case 0 or 1:
                    Header(request, dice);
                    break;
                case 2:
                    var at = dice.Next(1, request.Target.Length + 1);
                    request.Target = request.Target[..at] + Any(PathParts, dice) + (dice.Next(2) == 0 ? request.Target[at..] : "");
                    break;
                case 3:
                    request.Target += (request.Target.Contains('?', StringComparison.Ordinal) ? "&" : "?") + Any(Queries, dice);
                    break;
                case 4:
                    request.Method = dice.Next(4) != 0 ? request.Method : Any(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY", "get"], dice);
                    break;
                default:
                    request.Body = Json(request.Body, dice);
                    break;
            }
        }
    }

    /// <summary>Damages bytes.</summary>
    public static byte[] Bytes(byte[] bytes, Dice dice)
    {
        if (bytes.Length == 0)
        {
            return [(byte)dice.Next(256)];
        }

        var at = dice.Next(bytes.Length);
        var length = dice.Next(1, Math.Min(32, bytes.Length - at) + 1);
        return dice.Next(6) switch
        {
            0 => [.. bytes[..at], (byte)(bytes[at] ^ (1 << dice.Next(8))), .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], (byte)dice.Next(256), .. bytes[at..]],
            2 => [.. bytes[..at], .. bytes[(at + length)..]],
            3 => [.. bytes[..(at + length)], .. bytes[at..]],
            4 => bytes[..at],
            _ => [.. bytes[..at], .. Enumerable.Repeat((byte)dice.Next(256), dice.Next(1, 300)), .. bytes[at..]],
        };
    }

    private static byte[] Json(byte[] body, Dice dice)
    {
        var text = Encoding.Latin1.GetString(body);
        switch (dice.Next(10))
        {
            case 0 or 1:
                return Bytes(body, dice);
            case 2:
                // Nothing, something after the end, another encoding, a mark in front.
                return dice.Next(6) switch
                {
                    0 => [],
                    1 => [.. body, .. body],
                    2 => Encoding.Unicode.GetBytes(text),
                    3 => [0xEF, 0xBB, 0xBF, .. body],
                    4 => [.. body, 0xC0, 0xAF],
                    _ => Encoding.UTF8.GetBytes("[" + text + "]"),
                };
            case 3:
                // Depth.
                var depth = dice.Next(2) == 0 ? dice.Next(50, 80) : dice.Next(500, 5_000);
                return Replace(text, dice, dice.Next(2) == 0
                    ? new string('[', depth) + new string(']', depth)
                    : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "0" + new string('}', depth));
            case 4:
                return Replace(text, dice, "\"" + new string('x', dice.Next(1, 30_000)) + "\"");
            case 5:
                // A member twice, or one that nobody knows.
                var open = Find(text, '{', dice);
                var name = Any(["jsonrpc", "id", "method", "params", "name", "arguments", "_meta", "owner", "pattern", "slug", "spec", "unknown", "__proto__", ""], dice);
                return Encoding.Latin1.GetBytes(text.Insert(open + 1, $"\"{name}\":{Any(Values, dice)},"));
            case 6:
                // Wide.
                return Replace(text, dice, "[" + string.Join(',', Enumerable.Repeat(Any(Values, dice), dice.Next(1, 500))) + "]");
            default:
                return Replace(text, dice, Any(Values, dice));
        }
    }

    /// <summary>Puts another value in place of one.</summary>
    private static byte[] Replace(string text, Dice dice, string value)
    {
        var colon = Find(text, ':', dice);
        var end = text.IndexOfAny([',', '}', ']'], Math.Min(colon + 1, text.Length - 1));
        return Encoding.Latin1.GetBytes(end < 0 ? text + value : text[..Math.Min(colon + 1, end)] + value + text[end..]);
    }

    private static int Find(string text, char what, Dice dice)
    {
        var found = text.IndexOf(what, dice.Next(text.Length + 1));
        return Math.Max(0, found < 0 ? text.IndexOf(what, StringComparison.Ordinal) : found);
    }

    private static void Header(FuzzRequest request, Dice dice)
    {
        var headers = request.Headers;
        var at = headers.Count == 0 ? 0 : dice.Next(headers.Count);
        switch (dice.Next(5))
        {
            case 0 when headers.Count > 0:
                headers.RemoveAt(at);
                break;
            case 1 when headers.Count > 0:
                headers.Add(headers[at]);
                break;
            case 2 when headers.Count > 0:
                headers[at] = (headers[at].Name, Any(HeaderValues, dice));
                break;
            case 3:
                headers.Add((Any(HeaderNames, dice), new string('y', dice.Next(1, 9_000))));
                break;
            default:
                headers.Add((Any(HeaderNames, dice), Any(HeaderValues, dice)));
                break;
        }
    }

    private static string Any(string[] of, Dice dice) => of[dice.Next(of.Length)];
}
