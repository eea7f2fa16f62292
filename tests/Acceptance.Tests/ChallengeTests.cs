using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

/// <summary>How the MCP endpoints ask for a credential and say what it must be.</summary>
public sealed class ChallengeTests(World world) : IClassFixture<World>
{
    [Theory]
    [InlineData(null)]
    [InlineData("tgk_not-a-key-of-this-workspace")]
    public async Task Without_a_live_credential_every_verb_is_challenged_and_the_challenge_leads_to_the_metadata(string? token)
    {
        var kit = await world.NewToolkit();
        foreach (var path in new[] { "/mcp", kit.Path, "/mcp/toolkits/" + world.Unique("absent") })
        {
            var mcp = new Mcp(world.Http, path, token);
            foreach (var answer in new[] { await mcp.Stateless("tools/list"), await mcp.End("x"), await mcp.Send(HttpMethod.Get, null, ("Accept", "text/event-stream")) })
            {
                answer.Expect(401);
                var origin = world.Server.BaseAddress.GetLeftPart(UriPartial.Authority);
                var challenge = answer.Header("WWW-Authenticate").ShouldNotBeNull();
                challenge.ShouldStartWith($"Bearer resource_metadata=\"{origin}/.well-known/oauth-protected-resource{path}\", scope=\"mcp\"");
                answer.Json.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32001);
            }
        }
    }

    [Fact]
    public async Task A_refusal_names_the_request_that_it_refuses()
    {
        var absent = world.Mcp("/mcp/toolkits/" + world.Unique("absent"), world.Owner.Token!);
        foreach (var (mcp, status) in new[] { (absent, 404), (new Mcp(world.Http, "/mcp", null), 401), (world.Mcp("/mcp", (await world.NewMember("member", "manage")).Token), 403) })
        {
            var answer = await mcp.Send(HttpMethod.Post, """{"jsonrpc":"2.0","id":"seven","method":"tools/list"}""", ("Accept", "application/json, text/event-stream"));
            answer.Expect(status).Json.GetProperty("id").GetString().ShouldBe("seven");
        }
    }

    [Fact]
    public async Task The_protected_resource_metadata_names_exactly_the_url_that_was_asked_about()
    {
        var origin = world.Server.BaseAddress.GetLeftPart(UriPartial.Authority);
        var kit = await world.NewToolkit();
        foreach (var (path, resource) in new[] { ("", "/mcp"), ("/mcp", "/mcp"), (kit.Path, kit.Path), ("/mcp/toolkits/unknown", "/mcp/toolkits/unknown") })
        {
            var answer = (await new Rest(world.Http, null).Get("/.well-known/oauth-protected-resource" + path)).Expect(200);
            answer.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("application/json");
            var metadata = answer.Json;
            metadata.GetProperty("resource").GetString().ShouldBe(origin + resource);
            metadata.GetProperty("bearer_methods_supported").EnumerateArray().Select(item => item.GetString()).ShouldBe(["header"]);
            metadata.GetProperty("scopes_supported").ValueKind.ShouldBe(JsonValueKind.Array);
        }

        var absent = await new Rest(world.Http, null).Get("/.well-known/openid-configuration");
        absent.Expect(404).Header("Content-Type").ShouldNotBeNull().ShouldContain("json");
    }

    [Fact]
    public async Task A_scope_that_is_too_small_is_refused_before_any_stream_begins()
    {
        var manager = await world.NewMember("member", "manage");
        var answer = (await world.Mcp("/mcp", manager.Token).Stateless("tools/list")).Expect(403);
        answer.Json.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32003);
        answer.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("application/json");
        var challenge = answer.Header("WWW-Authenticate").ShouldNotBeNull();
        challenge.ShouldStartWith("Bearer error=\"insufficient_scope\", scope=\"");
    }

    [Fact]
    public async Task The_rest_api_refuses_a_key_without_its_scope_and_reads_of_the_log_take_audit_or_admin()
    {
        var agent = await world.NewMember("member", "tools:invoke");
        (await agent.Rest.Get("/api/account/me")).Expect(403).Json.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:insufficient-scope");
        var member = await world.NewMember("member", "manage");
        (await member.Rest.Get("/api/audit/events")).Expect(403);
        var auditor = await world.NewMember("admin", "audit");
        (await auditor.Rest.Get("/api/audit/events")).Expect(200);
        (await auditor.Rest.Get("/api/toolkits")).Expect(403);
        (await new Rest(world.Http, null).Get("/api/toolkits")).Expect(401).Header("WWW-Authenticate").ShouldBe("Bearer");
    }

    [Fact]
    public async Task An_official_client_tells_its_user_that_it_is_not_authorized()
    {
        await using var client = await McpClients.Start(McpClients.TypeScriptOne);
        var refused = await Should.ThrowAsync<RefusedException>(() => client.Connect(world.Url("/mcp"), null));
        refused.Status.ShouldBe(401, refused.Message);
    }
}
