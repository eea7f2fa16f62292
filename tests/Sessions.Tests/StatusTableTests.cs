using System.Net.Http.Headers;

namespace Toolgate.Sessions.Tests;

/// <summary>Every row of the status table, each request wrong in one thing.</summary>
public sealed class StatusTableTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private readonly Gateway gateway = fixture.Gateway;

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("https://console.example.evil.example")]
    [InlineData("file://")]
    public async Task a_foreign_origin_is_refused_before_anything_else(string origin)
    {
        var answer = await gateway.Ask(Mcp.Post("not json", token: null).With("Origin", origin));
        answer.ShouldBeError(403, -32000);
        answer.Headers.ShouldNotContainKey("Access-Control-Allow-Origin");
    }

    [Theory]
    [InlineData("https://console.example")]
    [InlineData("http://localhost:6274")]
    [InlineData(null)]
    public async Task a_configured_a_loopback_and_the_own_origin_are_served(string? origin)
    {
        origin ??= gateway.Address.GetLeftPart(UriPartial.Authority);
        var answer = await gateway.Ask(Mcp.Post(Mcp.Initialize()).With("Origin", origin));
        answer.Status.ShouldBe(200);
        answer.Headers["Access-Control-Allow-Origin"].ShouldBe(origin);
        answer.Headers["Access-Control-Expose-Headers"].ShouldBe("Mcp-Session-Id, WWW-Authenticate");
    }

    [Fact]
    public async Task a_host_name_that_was_rebound_to_loopback_is_refused()
    {
        (await gateway.Ask(Mcp.Post(Mcp.Initialize()).With("Host", "evil.example.com"))).ShouldBeError(403, -32000);
        (await gateway.Ask(Mcp.Post(Mcp.Initialize()).With("Host", "localhost:" + gateway.Address.Port))).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("/mcp")]
    [InlineData("/mcp/")]
    [InlineData("/mcp/toolkits/a")]
    [InlineData("/mcp/toolkits/a/")]
    [InlineData("/mcp/toolkits/nobody-has-this")]
    public async Task without_a_credential_the_challenge_leads_to_the_metadata_of_the_resource(string path)
    {
        foreach (var verb in new[] { HttpMethod.Post, HttpMethod.Get, HttpMethod.Delete })
        {
            var answer = await gateway.Ask(Mcp.Request(verb, path, token: null));
            answer.ShouldBeError(401, -32001);
            answer.Headers["WWW-Authenticate"].ShouldBe(
                $"Bearer resource_metadata=\"{Origin}/.well-known/oauth-protected-resource{path.TrimEnd('/')}\", scope=\"mcp\"");
        }
    }

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("bearer wrong")]
    [InlineData("Bearer ")]
    public async Task a_bad_credential_is_told_to_be_invalid(string header)
    {
        var answer = await gateway.Ask(Mcp.Post(Mcp.Initialize(), token: null).With("Authorization", header));
        answer.ShouldBeError(401, -32001);
        if (header.Length > 8)
        {
            answer.Headers["WWW-Authenticate"].ShouldBe(
                $"Bearer resource_metadata=\"{Origin}/.well-known/oauth-protected-resource/mcp\", scope=\"mcp\", error=\"invalid_token\"");
        }
    }

    [Fact]
    public async Task a_credential_counts_only_in_its_header()
    {
        (await gateway.Ask(Mcp.Post(Mcp.Initialize(), "/mcp?access_token=alice-key&token=alice-key", token: null).With("X-Api-Key", "alice-key")))
            .ShouldBeError(401, -32001);
        (await gateway.Ask(Mcp.Post(Mcp.Initialize(), token: null).With("Authorization", "Basic YWxpY2Uta2V5"))).ShouldBeError(401, -32001);
    }

    [Fact]
    public async Task a_scope_that_is_too_small_is_refused_before_the_body_is_read()
    {
        var answer = await gateway.Ask(Mcp.Post("not json", token: "reader-key"));
        answer.ShouldBeError(403, -32003);
        answer.Headers["WWW-Authenticate"].ShouldStartWith("Bearer error=\"insufficient_scope\", scope=\"mcp\"");
        (await gateway.Ask(Mcp.Request(HttpMethod.Get, "/mcp/toolkits/unknown", "reader-key"))).ShouldBeError(403, -32003);
    }

    [Fact]
    public async Task an_unknown_toolkit_is_not_found_by_any_verb_in_any_era_whatever_else_is_wrong()
    {
        const string path = "/mcp/toolkits/unknown";
        (await gateway.Ask(Mcp.Post(Mcp.Initialize(), path))).ShouldBeError(404, -32001, "Toolkit not found");
        (await gateway.Ask(Mcp.Post("not json", path))).ShouldBeError(404, -32001, "Toolkit not found");
        (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("server/discover"), path))).ShouldBeError(404, -32001, "Toolkit not found");
        (await gateway.Ask(Mcp.Request(HttpMethod.Get, path))).ShouldBeError(404, -32001, "Toolkit not found");
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, path))).ShouldBeError(404, -32001, "Toolkit not found");
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, path, session: await gateway.Open()))).ShouldBeError(404, -32001, "Toolkit not found");
    }

    [Fact]
    public async Task a_post_without_a_session_must_be_initialize_and_a_stream_needs_one()
    {
        (await gateway.Ask(Mcp.Post(Mcp.Plain("tools/list")))).ShouldBeError(400, -32000);
        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping")))).ShouldBeError(400, -32000);
        (await gateway.Ask(Mcp.Request(HttpMethod.Get, "/mcp"))).ShouldBeError(400, -32000);
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, "/mcp"))).ShouldBeError(400, -32000);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task an_unknown_session_is_not_found_by_any_verb(string session)
    {
        (await gateway.Ask(Mcp.Post(Mcp.Plain("tools/list"), session: session))).ShouldBeError(404, -32001, "Session not found");
        (await gateway.Ask(Mcp.Request(HttpMethod.Get, "/mcp", session: session))).ShouldBeError(404, -32001, "Session not found");
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, "/mcp", session: session))).ShouldBeError(404, -32001, "Session not found");
    }

    [Fact]
    public async Task a_session_ends_once()
    {
        var session = await gateway.Open();
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, "/mcp", session: session))).Status.ShouldBe(204);
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, "/mcp", session: session))).ShouldBeError(404, -32001, "Session not found");
        (await gateway.Ask(Mcp.Post(Mcp.Plain("tools/list"), session: session))).ShouldBeError(404, -32001, "Session not found");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    [InlineData("application/json, text/event-stream;q=0")]
    [InlineData("text/html")]
    [InlineData(null)]
    public async Task both_forms_of_an_answer_must_be_accepted(string? accept)
        => (await gateway.Ask(Mcp.Post(Mcp.Initialize()).With("Accept", accept))).ShouldBeError(406, -32000);

    [Theory]
    [InlineData("text/event-stream, application/json")]
    [InlineData("*/*")]
    [InlineData("application/json;q=0.9,text/event-stream;q=0.8")]
    public async Task other_ways_to_accept_both_are_served(string accept)
        => (await gateway.Ask(Mcp.Post(Mcp.Initialize()).With("Accept", accept))).Status.ShouldBe(200);

    [Fact]
    public async Task a_stream_must_be_accepted()
        => (await gateway.Ask(Mcp.Request(HttpMethod.Get, "/mcp", session: await gateway.Open()).With("Accept", "application/json"))).ShouldBeError(406, -32000);

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json-rpc")]
    public async Task another_content_type_is_refused(string type)
    {
        var request = Mcp.Post(Mcp.Initialize());
        request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        (await gateway.Ask(request)).ShouldBeError(415, -32000);
    }

    [Fact]
    public async Task a_charset_of_utf_8_is_fine_and_compression_is_not()
    {
        var request = Mcp.Post(Mcp.Initialize());
        request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json; charset=\"UTF-8\"");
        (await gateway.Ask(request)).Status.ShouldBe(200);
        request = Mcp.Post(Mcp.Initialize());
        request.Content!.Headers.ContentEncoding.Add("gzip");
        (await gateway.Ask(request)).ShouldBeError(415, -32000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task four_mebibytes_are_the_most(bool chunked)
    {
        var most = (4 * 1024 * 1024) - Mcp.Initialize().Length;
        var request = Mcp.Post(Mcp.Initialize() + new string(' ', most));
        request.Headers.TransferEncodingChunked = chunked;
        (await gateway.Ask(request)).Status.ShouldBe(200);
        request = Mcp.Post(Mcp.Initialize() + new string(' ', most + 1));
        request.Headers.TransferEncodingChunked = chunked;
        (await gateway.Ask(request)).ShouldBeError(413, -32000);
    }

    [Fact]
    public async Task a_preflight_is_answered_for_allowed_origins_only()
    {
        var asked = new HttpRequestMessage(HttpMethod.Options, "/mcp/toolkits/unknown")
            .With("Origin", "https://console.example").With("Access-Control-Request-Method", "POST")
            .With("Access-Control-Request-Headers", "authorization, mcp-param-region, x-other");
        var answer = await gateway.Ask(asked);
        answer.Status.ShouldBe(204);
        answer.Headers["Access-Control-Allow-Origin"].ShouldBe("https://console.example");
        answer.Headers["Access-Control-Allow-Headers"].ShouldContain("Mcp-Session-Id");
        answer.Headers["Access-Control-Allow-Headers"].ShouldContain("mcp-param-region");
        answer.Headers["Access-Control-Allow-Headers"].ShouldNotContain("x-other");
        (await gateway.Ask(new HttpRequestMessage(HttpMethod.Options, "/mcp").With("Origin", "https://evil.example"))).ShouldBeError(403, -32000);
        var plain = await gateway.Ask(new HttpRequestMessage(HttpMethod.Options, "/mcp"));
        plain.Status.ShouldBe(204);
        plain.Headers.ShouldNotContainKey("Access-Control-Allow-Origin");
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("HEAD")]
    public async Task another_verb_is_not_allowed(string verb)
    {
        var answer = await gateway.Ask(Mcp.Request(new HttpMethod(verb), "/mcp", token: null));
        answer.Status.ShouldBe(405);
        answer.Headers["Allow"].ShouldBe("GET, POST, DELETE, OPTIONS");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task the_stateless_era_knows_only_post(string verb)
    {
        var answer = await gateway.Ask(Mcp.Request(new HttpMethod(verb), "/mcp", session: await gateway.Open()).With("MCP-Protocol-Version", "2026-07-28"));
        answer.Status.ShouldBe(405);
        answer.Headers["Allow"].ShouldBe("POST, OPTIONS");
    }

    [Theory]
    [InlineData("1999-01-01")]
    [InlineData("2027-01-01")]
    public async Task an_unsupported_version_is_told_what_is_supported(string version)
    {
        var answer = await gateway.Ask(Mcp.Post(Mcp.Plain("tools/list"), session: await gateway.Open()).With("MCP-Protocol-Version", version));
        answer.ShouldBeError(400, -32022);
        answer.Error.GetProperty("data").GetRawText().ShouldBe($$"""{"supported":["2026-07-28"],"requested":"{{version}}"}""");
    }

    private string Origin => gateway.Address.GetLeftPart(UriPartial.Authority);
}
