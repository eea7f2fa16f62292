using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

/// <summary>Hosts, origins, forwarded headers, sizes, and the headers of every answer: a table for each rule.</summary>
public sealed class GuardTests(GuardTests.Servers servers) : IClassFixture<GuardTests.Servers>
{
    private const string Accept = "\nAccept: application/json, text/event-stream\nContent-Type: application/json";
    private const string List = """{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}""";

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:1234", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.9.9.9:80", 200)]
    [InlineData("[::1]:80", 200)]
    [InlineData("tools.example", 200)]
    [InlineData("TOOLS.example:8443", 200)]
    [InlineData("inside.example", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("tools.example.evil.example", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("10.0.0.1", 403)]
    [InlineData("0.0.0.0", 403)]
    [InlineData("[::ffff:10.0.0.1]", 403)]
    public async Task only_names_of_this_deployment_are_answered_on_every_path(string host, int status)
    {
        foreach (var path in (string[])["/api/openapi.json", "/api/docs", "/pages.css"])
        {
            (await Get(servers.Public, path, host)).Status.ShouldBe(status, path);
        }

        (await Get(servers.Public, "/api/nothing", host)).Status.ShouldBe(status == 200 ? 404 : 403);
        (await Post(servers.Public, "/mcp", List, $"Host: {host}\nMCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/list" + Accept)).Status.ShouldBe(status);
        (await Get(servers.Public, "/healthz", host)).Status.ShouldBe(200, "a probe names the address that it reaches");
    }

    [Theory]
    [InlineData(null, 201)]
    [InlineData("http://{own}", 201)]
    [InlineData("https://tools.example", 201)]
    [InlineData("https://console.example", 201)]
    [InlineData("http://tools.example", 403)]
    [InlineData("https://tools.example:8443", 403)]
    [InlineData("https://evil.example", 403)]
    [InlineData("https://tools.example.evil.example", 403)]
    [InlineData("http://localhost:3000", 403)]
    [InlineData("null", 403)]
    [InlineData("", 403)]
    [InlineData("https://tools.example\nOrigin: https://tools.example", 403)]
    public async Task a_page_of_another_origin_writes_nothing_over_rest(string? origin, int status)
    {
        var server = servers.Public;
        var own = server.BaseAddress.Authority;
        var head = $"Host: {own}\nContent-Type: application/json" + (origin is null ? "" : "\nOrigin: " + origin.Replace("{own}", own, StringComparison.Ordinal));
        var answer = await Post(server, "/api/account/api-keys", """{"name":"from a page"}""", head);
        answer.Status.ShouldBe(status, answer.Body);
        answer.Headers.ShouldNotContainKey("Access-Control-Allow-Origin", "no page of another origin reads the REST API");
        if (status == 403)
        {
            answer.Body.ShouldContain("urn:toolgate:problem:origin-not-allowed");
        }
    }

    [Theory]
    [InlineData("https://console.example", 200, "https://console.example")]
    [InlineData("https://tools.example", 200, "https://tools.example")]
    [InlineData("http://localhost:6274", 200, "http://localhost:6274")]
    [InlineData("https://evil.example", 403, null)]
    [InlineData("null", 403, null)]
    public async Task a_page_that_may_call_can_read_the_answer_whatever_it_is(string origin, int status, string? allowed)
    {
        var host = $"Host: {servers.Public.BaseAddress.Authority}\nOrigin: {origin}\nMCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/list" + Accept;
        var good = await Post(servers.Public, "/mcp", List, host);
        good.Status.ShouldBe(status);
        var unknown = await Post(servers.Public, "/mcp/toolkits/nothing", List, host);
        unknown.Status.ShouldBe(status == 200 ? 404 : 403);
        var stranger = await RawHttp.Send(servers.Public.BaseAddress, "POST /mcp HTTP/1.1\nContent-Length: 0\n" + host);
        stranger.Status.ShouldBe(status == 200 ? 401 : 403);
        var preflight = await RawHttp.Send(servers.Public.BaseAddress, "OPTIONS /mcp HTTP/1.1\nAccess-Control-Request-Method: POST\n" + host);
        preflight.Status.ShouldBe(status == 200 ? 204 : 403);
        foreach (var answer in (RawAnswer[])[good, unknown, stranger, preflight])
        {
            answer.Headers.GetValueOrDefault("Access-Control-Allow-Origin").ShouldBe(allowed);
            if (allowed is not null)
            {
                answer.Headers["Access-Control-Expose-Headers"].ShouldContain("Mcp-Session-Id");
                answer.Headers["Access-Control-Expose-Headers"].ShouldContain("WWW-Authenticate");
                answer.Headers["Vary"].ShouldContain("Origin");
            }
        }
    }

    [Theory]
    [InlineData("X-Forwarded-Proto: https")]
    [InlineData("X-Forwarded-Host: evil.example")]
    [InlineData("X-Forwarded-Host: tools.example")]
    [InlineData("X-Forwarded-For: 203.0.113.9")]
    [InlineData("Forwarded: for=203.0.113.9;host=evil.example;proto=https")]
    [InlineData("X-Forwarded-Prefix: /evil")]
    [InlineData("X-Original-Host: evil.example")]
    [InlineData("X-Original-URL: /api/account/me")]
    [InlineData("X-Rewrite-URL: /api/account/me")]
    [InlineData("X-HTTP-Method-Override: DELETE")]
    public async Task nobody_is_believed_who_is_no_configured_proxy(string header)
    {
        var server = servers.Plain;
        var own = server.BaseAddress.Authority;
        var answer = await RawHttp.Send(server.BaseAddress, $"GET /.well-known/oauth-protected-resource/mcp HTTP/1.1\nHost: {own}\n{header}");
        answer.Status.ShouldBe(200);
        answer.Body.ShouldContain($"\"resource\":\"http://{own}/mcp\"");
        answer.Headers.ShouldNotContainKey("Strict-Transport-Security");
    }

    [Theory]
    [InlineData("X-Forwarded-Proto: https\nX-Forwarded-Host: inside.example", "https://inside.example/mcp")]
    [InlineData("X-Forwarded-Proto: https\nX-Forwarded-Host: evil.example", "https://{own}/mcp")]
    [InlineData("X-Forwarded-Proto: https\nX-Forwarded-Host: inside.example.evil.example", "https://{own}/mcp")]
    [InlineData("X-Forwarded-Proto: javascript", "http://{own}/mcp")]
    [InlineData("X-Forwarded-Proto: https, https", "https://{own}/mcp")]
    [InlineData("X-Forwarded-Host: inside.example/evil", "http://{own}/mcp")]
    [InlineData("X-Forwarded-Host: inside.example, evil.example", "http://inside.example/mcp")]
    public async Task a_configured_proxy_is_believed_within_the_names_of_the_deployment(string headers, string resource)
    {
        var server = servers.Proxied;
        var own = server.BaseAddress.Authority;
        var answer = await RawHttp.Send(server.BaseAddress, $"GET /.well-known/oauth-protected-resource/mcp HTTP/1.1\nHost: {own}\n{headers}");
        answer.Status.ShouldBe(200, answer.Body);
        answer.Body.ShouldContain($"\"resource\":\"{resource.Replace("{own}", own, StringComparison.Ordinal)}\"");
    }

    [Fact]
    public async Task every_kind_of_answer_carries_the_security_headers()
    {
        var server = servers.Public;
        var host = "Host: tools.example";
        var answers = new Dictionary<string, RawAnswer>
        {
            ["api"] = await Get(server, "/api/account/me", "tools.example"),
            ["problem"] = await RawHttp.Send(server.BaseAddress, $"GET /api/account/me HTTP/1.1\n{host}"),
            ["page"] = await Get(server, "/api/docs", "tools.example"),
            ["style"] = await Get(server, "/pages.css", "tools.example"),
            ["nothing"] = await Get(server, "/nothing", "tools.example"),
            ["verb"] = await RawHttp.Send(server.BaseAddress, $"PATCH /api/account/me HTTP/1.1\n{host}\nContent-Length: 0"),
            ["host"] = await Get(server, "/api/account/me", "evil.example"),
            ["mcp"] = await Post(server, "/mcp", List, host + "\nMCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/list" + Accept),
            ["mcp stranger"] = await RawHttp.Send(server.BaseAddress, $"POST /mcp HTTP/1.1\n{host}\nContent-Length: 0"),
            ["metadata"] = await Get(server, "/.well-known/oauth-protected-resource", "tools.example"),
            ["health"] = await Get(server, "/healthz", "tools.example"),
            ["long"] = await Get(server, "/api/" + new string('x', 9_000), "tools.example"),
        };
        foreach (var (kind, answer) in answers)
        {
            answer.Headers["X-Content-Type-Options"].ShouldBe("nosniff", kind);
            answer.Headers["Referrer-Policy"].ShouldBe("no-referrer", kind);
            answer.Headers["X-Frame-Options"].ShouldBe("DENY", kind);
            answer.Headers["Content-Security-Policy"].ShouldStartWith("default-src 'none';", Case.Sensitive, kind);
            answer.Headers["Content-Security-Policy"].ShouldContain("frame-ancestors 'none'", Case.Sensitive, kind);
            answer.Headers["Cross-Origin-Resource-Policy"].ShouldBe("same-origin", kind);
            answer.Headers["Cross-Origin-Opener-Policy"].ShouldBe("same-origin", kind);
            answer.Headers["Strict-Transport-Security"].ShouldBe("max-age=31536000", kind);
            answer.Headers.ShouldNotContainKey("Server", kind);
            answer.Headers["Cache-Control"].ShouldBe(kind switch { "metadata" => "max-age=300", "style" => "public, max-age=3600", _ => "no-store" }, kind);
        }

        (await Get(server, "/healthz", "localhost")).Headers.ShouldNotContainKey("Strict-Transport-Security", "it would bind this machine's other servers");
    }

    [Theory]
    [InlineData("/api/account/me", "application/problem+json")]
    [InlineData("/nothing", "application/problem+json")]
    [InlineData("/mcp", "application/json")]
    public async Task requests_that_are_too_long_get_a_body(string path, string type)
    {
        var server = servers.Plain;
        var host = $"Host: {server.BaseAddress.Authority}";
        var line = await RawHttp.Send(server.BaseAddress, $"GET {path}?{new string('x', 8 * 1024)} HTTP/1.1\n{host}");
        var bytes = await RawHttp.Send(server.BaseAddress, $"GET {path} HTTP/1.1\n{host}\nX-Long: {new string('x', 33 * 1024)}");
        var count = await RawHttp.Send(server.BaseAddress, $"GET {path} HTTP/1.1\n{host}\n{string.Join('\n', Enumerable.Range(0, 120).Select(i => $"X-{i}: 1"))}");
        (line.Status, bytes.Status, count.Status).ShouldBe((414, 431, 431));
        foreach (var answer in (RawAnswer[])[line, bytes, count])
        {
            answer.Headers["Content-Type"].ShouldStartWith(type);
            answer.Body.Length.ShouldBeGreaterThan(20);
        }
    }

    [Theory]
    [InlineData("GET /api/account/me HTTP/1.1\nHost: {own}\nHost: {own}", 400)]
    [InlineData("GET /api/account/me HTTP/1.1", 400)]
    [InlineData("GET /api/account/me HTTP/1.1\nHost: {own}\nAuthorization: Bearer {key}\nAuthorization: Bearer {key}", 401)]
    [InlineData("GET /mcp HTTP/1.1\nHost: {own}\nAuthorization: Bearer {key}\nAuthorization: Bearer {key}", 401)]
    [InlineData("GET /mcp HTTP/1.1\nHost: {own}\nAuthorization: Bearer {key}\nAccept: text/event-stream\nMcp-Session-Id: a\nMcp-Session-Id: a", 400)]
    [InlineData("POST /api/account/api-keys HTTP/1.1\nHost: {own}\nAuthorization: Bearer {key}\nContent-Length: 2\nContent-Length: 3", 400)]
    [InlineData("GET //api/account/me HTTP/1.1\nHost: {own}\nAuthorization: Bearer {key}", 404)]
    [InlineData("GET /api/../api/account/me HTTP/1.1\nHost: {own}", 401)]
    [InlineData("GET http://evil.example/api/account/me HTTP/1.1\nHost: {own}\nAuthorization: Bearer {key}", 400)]
    [InlineData("OPTIONS /api/account/me HTTP/1.1\nHost: {own}\nOrigin: https://evil.example\nAccess-Control-Request-Method: POST", 405)]
    [InlineData("OPTIONS * HTTP/1.1\nHost: {own}", 405)]
    [InlineData("TRACE /api/account/me HTTP/1.1\nHost: {own}", 405)]
    public async Task doubled_and_odd_requests_are_refused(string head, int status)
    {
        var server = servers.Plain;
        var answer = await RawHttp.Send(
            server.BaseAddress, head.Replace("{own}", server.BaseAddress.Authority, StringComparison.Ordinal).Replace("{key}", server.OwnerKey, StringComparison.Ordinal));
        answer.Status.ShouldBe(status, answer.Body);
        answer.Headers.ShouldNotContainKey("Access-Control-Allow-Origin");
    }

    [Fact]
    public async Task metadata_is_readable_from_every_origin()
    {
        var answer = await RawHttp.Send(
            servers.Plain.BaseAddress, $"GET /.well-known/oauth-protected-resource/mcp HTTP/1.1\nHost: {servers.Plain.BaseAddress.Authority}\nOrigin: https://anywhere.example");
        answer.Status.ShouldBe(200);
        answer.Headers["Access-Control-Allow-Origin"].ShouldBe("*");
    }

    private static Task<RawAnswer> Get(ToolgateServer server, string path, string host)
        => RawHttp.Send(server.BaseAddress, $"GET {path} HTTP/1.1\nHost: {host}\nAuthorization: Bearer {server.OwnerKey}");

    private static Task<RawAnswer> Post(ToolgateServer server, string path, string body, string headers)
        => RawHttp.Send(server.BaseAddress, $"POST {path} HTTP/1.1\nAuthorization: Bearer {server.OwnerKey}\nContent-Length: {body.Length}\n{headers}", body);

    /// <summary>Hosts as they are configured, for all tests of the class.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        /// <summary>Nothing configured.</summary>
        internal ToolgateServer Plain { get; private set; } = null!;

        /// <summary>With a public address, a further name and an origin.</summary>
        internal ToolgateServer Public { get; private set; } = null!;

        /// <summary>Behind a proxy on this machine.</summary>
        internal ToolgateServer Proxied { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Plain = await ToolgateServer.Start();
            Public = await ToolgateServer.Start(new Dictionary<string, string>
            {
                ["Toolgate:PublicUrl"] = "https://tools.example",
                ["Toolgate:Hosts:0"] = "inside.example",
                ["Toolgate:Cors:AllowedOrigins:0"] = "https://console.example",
            });
            Proxied = await ToolgateServer.Start(new Dictionary<string, string> { ["Toolgate:Proxies:0"] = "127.0.0.1", ["Toolgate:Hosts:0"] = "inside.example" });
        }

        public async Task DisposeAsync()
        {
            await Plain.DisposeAsync();
            await Public.DisposeAsync();
            await Proxied.DisposeAsync();
        }
    }
}
