using System.Text;
using System.Text.Json;

namespace Toolgate.Sessions.Tests;

/// <summary>Both eras on one endpoint: what selects them, what they validate and what they answer.</summary>
public sealed class ErasTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private readonly Gateway gateway = fixture.Gateway;

    [Theory]
    [InlineData("2025-11-25", "2025-11-25")]
    [InlineData("2025-06-18", "2025-06-18")]
    [InlineData("2025-03-26", "2025-03-26")]
    [InlineData("2024-11-05", "2024-11-05")]
    [InlineData("2026-07-28", "2025-11-25")]
    [InlineData("1.0", "2025-11-25")]
    public async Task initialize_negotiates_a_revision_that_has_sessions(string asked, string negotiated)
    {
        var answer = await gateway.Ask(Mcp.Post(Mcp.Initialize(asked), "/mcp/toolkits/a"));
        answer.Status.ShouldBe(200);
        answer.Headers["Content-Type"].ShouldBe("application/json");
        answer.Headers["Mcp-Session-Id"].Length.ShouldBe(32);
        answer.Result.GetProperty("protocolVersion").GetString().ShouldBe(negotiated);
        answer.Result.GetProperty("capabilities").GetRawText().ShouldBe("""{"tools":{"listChanged":true}}""");
        answer.Result.GetProperty("serverInfo").GetProperty("name").GetString().ShouldBe("Toolgate");
        answer.Result.GetProperty("instructions").GetString().ShouldBe("Tools of a");
    }

    [Fact]
    public async Task initialize_without_a_version_opens_nothing()
    {
        var answer = await gateway.Ask(Mcp.Post("""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"""));
        answer.ShouldBeError(200, -32602);
        answer.Headers.ShouldNotContainKey("Mcp-Session-Id");
    }

    [Fact]
    public async Task a_session_pings_lists_and_says_what_it_does_not_know()
    {
        var session = await gateway.Open();
        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping", "\"a-text\""), session: session))).Body.ShouldBe("""{"jsonrpc":"2.0","id":"a-text","result":{}}""");
        var tools = Encoding.UTF8.GetString(Tools.View(null, null, Tools.All).ToolsJson.Span);
        (await gateway.Ask(Mcp.Post(Mcp.Plain("tools/list"), session: session))).Body.ShouldBe("""{"jsonrpc":"2.0","id":2,"result":{"tools":""" + tools + "}}");
        (await gateway.Ask(Mcp.Post(Mcp.Plain("tasks/list"), session: session))).ShouldBeError(200, -32601);
        (await gateway.Ask(Mcp.Post(Mcp.Message("tools/list", "\"cursor\":\"x\""), session: session))).ShouldBeError(200, -32602);
        (await gateway.Ask(Mcp.Post("""{"jsonrpc":"2.0","id":9,"result":{}}""", session: session))).Status.ShouldBe(202);
        (await gateway.Ask(Mcp.Post(Mcp.Plain("tools/list"), session: session).With("MCP-Protocol-Version", "2025-06-18"))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task the_stateless_era_discovers_lists_and_calls_without_a_session()
    {
        var discovered = await gateway.Ask(Mcp.ModernPost(Mcp.Modern("server/discover"), "/mcp/toolkits/a").With("Mcp-Session-Id", "ignored"));
        discovered.Status.ShouldBe(200, discovered.Body);
        discovered.Headers.ShouldNotContainKey("Mcp-Session-Id");
        discovered.Result.GetProperty("supportedVersions").GetRawText().ShouldBe("""["2026-07-28"]""");
        discovered.Result.GetProperty("instructions").GetString().ShouldBe("Tools of a");
        ShouldBeCacheable(discovered.Result);

        var listed = await gateway.Ask(Mcp.ModernPost(Mcp.Modern("tools/list"), "/mcp/toolkits/a"));
        listed.Result.GetProperty("tools").GetArrayLength().ShouldBe(Tools.All.Length);
        ShouldBeCacheable(listed.Result);

        var called = await gateway.Ask(Mcp.ModernPost(Mcp.ModernCall(Tools.Read.Name, """{"q":1}"""), "/mcp/toolkits/a"));
        called.Result.GetProperty("resultType").GetString().ShouldBe("complete");
        called.Result.GetProperty("isError").GetBoolean().ShouldBeFalse();
        called.Result.GetProperty("structuredContent").GetRawText().ShouldBe("""{"q":1}""");
        called.Result.GetProperty("_meta").GetProperty("io.modelcontextprotocol/serverInfo").GetProperty("name").GetString().ShouldBe("Toolgate");
    }

    [Theory]
    [InlineData("initialize")]
    [InlineData("ping")]
    [InlineData("logging/setLevel")]
    [InlineData("resources/subscribe")]
    [InlineData("made/up")]
    public async Task a_method_that_the_stateless_era_does_not_know_is_not_found(string method)
    {
        var answer = await gateway.Ask(Mcp.ModernPost(Mcp.Modern(method, "\"protocolVersion\":\"2026-07-28\",")));
        answer.ShouldBeError(404, -32601);
        answer.Json.GetProperty("id").GetInt32().ShouldBe(3);
    }

    [Theory]
    [InlineData("MCP-Protocol-Version", null)]
    [InlineData("MCP-Protocol-Version", "2025-11-25")]
    [InlineData("Mcp-Method", null)]
    [InlineData("Mcp-Method", "tools/list")]
    [InlineData("Mcp-Method", "Tools/Call")]
    [InlineData("Mcp-Name", null)]
    [InlineData("Mcp-Name", "another")]
    [InlineData("Mcp-Name", "=?base64?!!!?=")]
    [InlineData("Mcp-Name", "=?base64?/w==?=")]
    public async Task a_header_that_is_missing_or_disagrees_is_a_mismatch(string header, string? value)
    {
        var answer = await gateway.Ask(Mcp.ModernPost(Mcp.ModernCall(Tools.Read.Name)).With(header, value));
        answer.ShouldBeError(400, -32020);
        answer.Json.GetProperty("id").GetInt32().ShouldBe(7);
    }

    [Theory]
    [InlineData("  {0}  ")]
    [InlineData("=?base64?{1}?=")]
    public async Task a_name_is_compared_after_decoding(string form)
    {
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(Tools.Read.Name));
        var value = form.Replace("{0}", Tools.Read.Name, StringComparison.Ordinal).Replace("{1}", encoded, StringComparison.Ordinal);
        (await gateway.Ask(Mcp.ModernPost(Mcp.ModernCall(Tools.Read.Name)).With("Mcp-Name", value))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task header_names_are_case_insensitive()
        => (await gateway.Ask(Mcp.ModernPost(Mcp.ModernCall(Tools.Read.Name)).With("Mcp-Name", null).With("mcp-NAME", Tools.Read.Name))).Status.ShouldBe(200);

    [Theory]
    [InlineData("""{"region":"eu"}""", "Mcp-Param-Region", "eu", true)]
    [InlineData("""{"region":"eu"}""", "Mcp-Param-Region", "=?base64?ZXU=?=", true)]
    [InlineData("""{"region":"eu"}""", "mcp-param-region", "eu", true)]
    [InlineData("""{"region":"eu"}""", "Mcp-Param-Region", "us", false)]
    [InlineData("""{"region":"eu"}""", null, null, false)]
    [InlineData("""{"region":null}""", null, null, true)]
    [InlineData("""{}""", null, null, true)]
    [InlineData("""{}""", "Mcp-Param-Region", "eu", false)]
    [InlineData("""{"deep":{"count":42}}""", "Mcp-Param-Count", "42.0", true)]
    [InlineData("""{"deep":{"count":42}}""", "Mcp-Param-Count", "43", false)]
    [InlineData("""{"deep":{"count":42}}""", null, null, false)]
    [InlineData("""{"other":1}""", "Mcp-Param-Unknown", "anything", true)]
    public async Task mirrored_arguments_must_be_those_of_the_body(string arguments, string? header, string? value, bool served)
    {
        var request = Mcp.ModernPost(Mcp.ModernCall(Tools.Routed.Name, arguments));
        var answer = await gateway.Ask(header is null ? request : request.With(header, value));
        if (served)
        {
            answer.Status.ShouldBe(200, answer.Body);
        }
        else
        {
            answer.ShouldBeError(400, -32020);
        }
    }

    [Fact]
    public async Task metadata_that_is_missing_is_named()
    {
        var version = await gateway.Ask(Mcp.ModernPost(Mcp.Message("tools/list", "")));
        version.ShouldBeError(400, -32602);
        version.Body.ShouldContain("io.modelcontextprotocol/protocolVersion");
        var capabilities = await gateway.Ask(Mcp.ModernPost(Mcp.Message("tools/list", """ "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}""")));
        capabilities.ShouldBeError(400, -32602);
        capabilities.Body.ShouldContain("io.modelcontextprotocol/clientCapabilities");
    }

    [Fact]
    public async Task a_version_of_the_future_is_unsupported_in_header_and_body_alike()
    {
        var body = Mcp.Modern("tools/list").Replace("2026-07-28", "2099-01-01", StringComparison.Ordinal);
        var answer = await gateway.Ask(Mcp.ModernPost(body).With("MCP-Protocol-Version", "2099-01-01"));
        answer.ShouldBeError(400, -32022);
        answer.Error.GetProperty("data").GetRawText().ShouldBe("""{"supported":["2026-07-28"],"requested":"2099-01-01"}""");
    }

    [Fact]
    public async Task a_version_in_the_body_alone_does_not_make_a_legacy_request()
        => (await gateway.Ask(Mcp.Post(Mcp.Modern("tools/list"), session: await gateway.Open()))).ShouldBeError(400, -32020);

    [Fact]
    public async Task a_notification_of_the_stateless_era_is_accepted_and_an_answer_is_not()
    {
        (await gateway.Ask(Mcp.Post("""{"jsonrpc":"2.0","method":"notifications/anything"}""").With("MCP-Protocol-Version", "2026-07-28"))).Status.ShouldBe(202);
        (await gateway.Ask(Mcp.Post("""{"jsonrpc":"2.0","id":1,"result":{}}""").With("MCP-Protocol-Version", "2026-07-28"))).ShouldBeError(400, -32600);
    }

    [Theory]
    [InlineData("/.well-known/oauth-protected-resource", "/mcp")]
    [InlineData("/.well-known/oauth-protected-resource/mcp", "/mcp")]
    [InlineData("/.well-known/oauth-protected-resource/mcp/toolkits/a", "/mcp/toolkits/a")]
    [InlineData("/.well-known/oauth-protected-resource/mcp/toolkits/no-such", "/mcp/toolkits/no-such")]
    public async Task metadata_names_exactly_the_resource_and_nothing_of_what_is_inside(string path, string resource)
    {
        var answer = await gateway.Ask(new HttpRequestMessage(HttpMethod.Get, path).With("Origin", "https://anywhere.example"));
        answer.Status.ShouldBe(200);
        answer.Headers["Access-Control-Allow-Origin"].ShouldBe("*");
        var origin = gateway.Address.GetLeftPart(UriPartial.Authority);
        answer.Body.ShouldBe(
            $$"""{"resource":"{{origin}}{{resource}}","authorization_servers":["{{origin}}"],"bearer_methods_supported":["header"],"scopes_supported":["mcp"],"resource_name":"Toolgate"}""");
    }

    [Theory]
    [InlineData("/.well-known/openid-configuration")]
    [InlineData("/.well-known/oauth-authorization-server")]
    [InlineData("/.well-known/oauth-protected-resource/api")]
    public async Task another_well_known_path_is_not_found_in_json(string path)
    {
        var answer = await gateway.Ask(new HttpRequestMessage(HttpMethod.Get, path));
        answer.Status.ShouldBe(404);
        answer.Headers["Content-Type"].ShouldBe("application/json");
        answer.Body.ShouldBe("""{"error":"not_found"}""");
    }

    private static void ShouldBeCacheable(JsonElement result)
    {
        result.GetProperty("resultType").GetString().ShouldBe("complete");
        result.GetProperty("ttlMs").GetInt32().ShouldBe(0);
        result.GetProperty("cacheScope").GetString().ShouldBe("private");
        result.GetProperty("_meta").GetProperty("io.modelcontextprotocol/serverInfo").GetProperty("name").GetString().ShouldBe("Toolgate");
    }
}
