using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Xunit.Abstractions;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>
/// The law of requests, on the wire: whatever an argument holds, in any place and style, what a server receives is one request with the operation's
/// method, path, host and header names. The bytes are read as they arrive, by no class that could put them right.
/// </summary>
public sealed class WireSafetyTests(ITestOutputHelper output)
{
    private static readonly string[] Pieces =
    [
        "..", ".", "/", "\\\\", "%2e", "%2E%2e", "%2f", "%5c", "%252e", "%25", "?", "#", "@", ":", "//evil.example", "http://evil.example/", "\\r\\n", "\\n", "\\r", "\\u0000", "\\u0085",
        "\\u2028", " ", "\\t", ";", "&", "=", "+", ",", "é", "😀", "\\ud800", "\\udc00", "a", "0", "[", "]", "{", "}", "|", "*", "~", "%", "%zz", "%0d%0a", "．．", "／", "\\u202e", "\\\"", "'", "<",
        "\\r\\nHost: evil", "\\r\\n\\r\\nGET /evil HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n", " HTTP/1.1", "%00", "..;", "..%2f", "--", "",
    ];

    /// <summary>Every place with every style that it has, exploded and not; JSON by content; every kind of body.</summary>
    private static readonly (string Place, string Parameter)[] Parameters =
    [
        .. from style in new[] { "simple", "label", "matrix", "ssv", "tsv", "pipes" } from explode in new[] { "true", "false" }
           select ("path", $"{{ name: p, in: path, required: true, style: {style}, explode: {explode}, schema: {{}} }}"),
        .. from style in new[] { "form", "spaceDelimited", "pipeDelimited", "deepObject", "tsv" } from explode in new[] { "true", "false" } from reserved in new[] { "true", "false" }
           select ("query", $"{{ name: p, in: query, style: {style}, explode: {explode}, allowReserved: {reserved}, schema: {{}} }}"),
        .. from style in new[] { "simple", "ssv", "tsv", "pipes" } from explode in new[] { "true", "false" }
           select ("header", $"{{ name: P, in: header, style: {style}, explode: {explode}, schema: {{}} }}"),
        .. from explode in new[] { "true", "false" } select ("cookie", $"{{ name: p, in: cookie, style: form, explode: {explode}, schema: {{}} }}"),
        .. from place in new[] { "path", "query", "header", "cookie" } select (place, $"{{ name: p, in: {place}, required: {(place == "path" ? "true" : "false")}, content: {{ application/json: {{}} }} }}"),
    ];

    private static readonly string[] Bodies =
    [
        "application/json: {}", "text/plain: {}", "application/octet-stream: {}", "application/x-www-form-urlencoded: {}",
        "application/x-www-form-urlencoded: { schema: { type: object }, encoding: { k: { style: deepObject }, l: { style: spaceDelimited, explode: false } } }",
        "multipart/form-data: {}", "multipart/form-data: { schema: { type: object, properties: { k: { type: string, format: binary } } }, encoding: { l: { style: pipeDelimited, explode: false } } }",
    ];

    private static readonly Gen<string> Text = Gen.Elements(Pieces).ListOf().Select(pieces => $"\"{string.Concat(pieces.Take(4))}\"");

    private static readonly Gen<string> Value = Gen.Frequency(
        (8, Text), (1, Gen.Elements("null", "true", "0", "-1e400", "{}", "[]", "[[]]", "[null]", "\"\"")), (3, Text.ListOf().Select(items => $"[{string.Join(',', items.Take(3))}]")),
        (3, from key in Text from item in Text select $"{{{key}:{item}}}"), (1, from key in Text from item in Text select $"{{\"k\":{item},\"l\":[{key},{item}]}}"),
        (1, from key in Text from item in Text select $"[{{{key}:[{item}]}}]"));

    [Fact]
    public async Task no_argument_in_any_place_or_style_makes_another_request_of_it()
    {
        await using var upstream = new WireUpstream();
        using var egress = Egress();
        foreach (var (place, parameter) in Parameters)
        {
            var isPath = place == "path";
            var tool = Tool($"{{ parameters: [{parameter}, {{ name: other, in: query, schema: {{}} }}] }}", isPath ? "/v1/a-{p}.x/b" : "/v1/a/b", "get", upstream.Url);
            var argument = place == "header" ? "P" : "p";
            var sent = await Try(egress, upstream, tool, argument, $"{place} {parameter}", request => IsGet(request, isPath, place, upstream.Url));
            sent.ShouldBeGreaterThan(isPath ? 5 : 20, parameter);
        }
    }

    [Fact]
    public async Task no_body_makes_another_request_of_it()
    {
        await using var upstream = new WireUpstream();
        using var egress = Egress();
        foreach (var body in Bodies)
        {
            var tool = Tool($"{{ requestBody: {{ content: {{ {body} }} }} }}", "/v1/a/b", "post", upstream.Url);
            await Try(egress, upstream, tool, "body", body, request => IsRequest(request, "POST /v1/a/b HTTP/1.1", upstream.Url, ["Content-Type", "Content-Length"]));
        }
    }

    /// <summary>Sends many hostile values, one after another over kept connections: leftovers of one would become the next request.</summary>
    private async Task<int> Try(EgressClient egress, WireUpstream upstream, ToolDefinition tool, string argument, string what, Func<WireRequest, bool> isFine)
    {
        var sent = 0;
        var values = Value.Sample(150, 12);
        foreach (var value in values.Concat(Pieces.Select(piece => $"\"{piece}\"")))
        {
            var plan = HttpRequestBuilder.Build(tool.Http(), Encoding.UTF8.GetBytes($$"""{"{{argument}}":{{value}}}"""));
            if (plan.Request is not { } request)
            {
                plan.Fault.ShouldNotBeNull();
                continue;
            }

            using (request)
            using (await egress.Send(request, PreparedAuth.None, CancellationToken.None))
            {
                sent++;
            }

            upstream.Requests.TryDequeue(out var received).ShouldBeTrue(what);
            isFine(received!).ShouldBeTrue($"{what}\n{value}\n{received!.Line}\n{string.Join('\n', received.Headers)}");
            upstream.Requests.ShouldBeEmpty($"{what}\n{value}");
        }

        output.WriteLine($"{what}: {sent} sent");
        return sent;
    }

    private static bool IsGet(WireRequest request, bool isPath, string place, string url)
    {
        var parts = request.Line.Split(' ');
        if (parts is not ["GET", var target, "HTTP/1.1"] || target.Any(c => c is <= ' ' or > '~' or '#' or '\\' or '"' or '<' or '>'))
        {
            return false;
        }

        var path = target.Split('?')[0];
        var segments = path.Split('/');
        var isTemplate = isPath
            ? segments.Length == 4 && segments[1] == "v1" && segments[2].StartsWith("a-", StringComparison.Ordinal) && segments[2].EndsWith(".x", StringComparison.Ordinal) && segments[3] == "b"
            : path == "/v1/a/b";
        string[] own = place switch { "header" => ["P"], "cookie" => ["Cookie"], _ => [] };
        return isTemplate && segments.All(IsNoDotHoweverDecoded) && (place == "query" || !target.Contains('?', StringComparison.Ordinal))
            && IsRequest(request, request.Line, url, own);
    }

    private static bool IsRequest(WireRequest request, string line, string url, string[] own) =>
        request.Line == line && request.Headers.Contains($"Host: {new Uri(url).Authority}")
        && request.Headers.All(header => header.Split(':')[0] is "Host" or "Accept" or "User-Agent" or "Accept-Encoding" || own.Contains(header.Split(':')[0]))
        && request.Headers.Select(header => header.Split(':')[0]).Distinct().Count() == request.Headers.Length && request.Headers.All(header => header.All(c => c is (>= ' ' and <= '~') or '\t'));

    private static bool IsNoDotHoweverDecoded(string segment)
    {
        for (var decoded = segment; ; decoded = Uri.UnescapeDataString(decoded))
        {
            if (decoded.Split('/', '\\').Any(piece => piece.Split(';')[0].Trim() is "." or ".."))
            {
                return false;
            }

            if (Uri.UnescapeDataString(decoded) == decoded)
            {
                return true;
            }
        }
    }

    private static ToolDefinition Tool(string operation, string path, string method, string server) =>
        Documents.Import(Documents.Of($"{{ '{path}': {{ {method}: {operation} }} }}"), server).Tools.ShouldHaveSingleItem();

    private static EgressClient Egress()
    {
        var options = Options.Create(new EgressOptions { AllowPrivateNetworks = true });
        return new EgressClient(new EgressConnector(new SystemNameResolver(), new AddressRules(options), TimeProvider.System), options);
    }
}
