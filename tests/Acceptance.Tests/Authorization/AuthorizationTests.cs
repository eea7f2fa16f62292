using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

public sealed class AuthorizationTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task a_client_that_knows_only_the_url_is_told_where_to_go()
    {
        var kit = await Kit();
        var challenge = (await world.Mcp(kit.Path, "nothing").Stateless("tools/list")).Expect(401).Header("WWW-Authenticate")!;
        challenge.ShouldContain($"resource_metadata=\"{world.Url("/.well-known/oauth-protected-resource" + kit.Path)}\"");

        var resource = JsonDocument.Parse(await world.Http.GetStringAsync("/.well-known/oauth-protected-resource" + kit.Path)).RootElement;
        var issuer = resource.GetProperty("authorization_servers").EnumerateArray().Single().GetString()!;
        issuer.ShouldBe(new ByHand(world).Origin);

        var server = JsonDocument.Parse(await world.Http.GetStringAsync(issuer + "/.well-known/oauth-authorization-server")).RootElement;
        server.GetProperty("issuer").GetString().ShouldBe(issuer);
        server.GetProperty("token_endpoint").GetString().ShouldBe(issuer + "/token");
        server.GetProperty("code_challenge_methods_supported").EnumerateArray().Single().GetString().ShouldBe("S256");
    }

    [Fact]
    public async Task a_person_lets_a_client_into_one_toolkit_and_it_opens_nothing_else()
    {
        using var person = await Person.Join(world);
        var (kit, other) = (await Kit(), await Kit());
        var client = await new ByHand(world).Register();

        var told = await person.Answer(client.Link(kit.Path));
        told.Uri.ShouldStartWith(ByHand.Redirect + "?code=");
        (told.State, told.Issuer).ShouldBe(("opaque state", client.Origin));
        var tokens = Tokens.Of(await client.Redeem(told.Code, ("resource", client.Origin + kit.Path)));

        (await world.Mcp(kit.Path, tokens.Access).Addresses()).ShouldNotBeEmpty();
        foreach (var path in new[] { other.Path, "/mcp" })
        {
            (await world.Mcp(path, tokens.Access).Stateless("tools/list")).Expect(401).Header("WWW-Authenticate")!.ShouldContain("invalid_token");
        }

        (await new Rest(world.Http, tokens.Access).Get("/api/account/me")).Expect(401);
        (await world.Mcp(kit.Path, tokens.Refresh!).Stateless("tools/list")).Expect(401);
    }

    [Fact]
    public async Task the_page_shows_who_asks_where_the_answer_goes_and_what_is_asked()
    {
        using var person = await Person.Join(world);
        var kit = await Kit();
        var client = new ByHand(world);
        var id = (await client.Register(new
        {
            redirect_uris = new[] { "https://client.example/back" },
            client_name = "Nice\u202E<b>client</b>",
            token_endpoint_auth_method = "none",
        })).Json.GetProperty("client_id").GetString();

        var page = await person.Question(client.Link(kit.Path, ("client_id", id), ("redirect_uri", "https://client.example/back"), ("scope", "mcp:read")));

        page.Text.ShouldContain("Nice&lt;b&gt;client&lt;/b&gt;");
        page.Text.ShouldContain("<strong>client.example</strong>");
        page.Text.ShouldContain("without calling them");
        page.Text.ShouldContain(kit.Path);
        page.Headers["Content-Security-Policy"].ShouldContain("form-action 'self' https://client.example:443;");
        page.Headers["Content-Security-Policy"].ShouldContain("frame-ancestors 'none'");
        page.Headers.Keys.ShouldNotContain("Cross-Origin-Opener-Policy");
    }

    [Fact]
    public async Task who_is_not_signed_in_is_led_to_the_question_by_way_of_signing_in()
    {
        using var stranger = new Browser(world.Server.BaseAddress);
        var client = await new ByHand(world).Register();
        var link = new Uri(client.Link("/mcp")).PathAndQuery;

        (await stranger.Get(link)).Location.ShouldBe("/sign-in?return=" + Uri.EscapeDataString(link));
    }

    [Fact]
    public async Task a_client_for_everything_can_be_shown_one_toolkit_only()
    {
        using var person = await Person.Join(world);
        var kit = await Kit("toolgate.policies.*");
        var client = await new ByHand(world).Register();
        (await person.Question(client.Link("/mcp"))).Text.ShouldContain($"<option value=\"{kit.Id}\">");

        var tokens = await client.LetIn(person, "/mcp", toolkit: kit.Id);

        var seen = await world.Mcp("/mcp", tokens.Access).Addresses();
        seen.ShouldNotBeEmpty();
        seen.ShouldAllBe(address => address.StartsWith("toolgate.policies.", StringComparison.Ordinal));
        (await world.Mcp(kit.Path, tokens.Access).Stateless("tools/list")).Expect(401);
        (await client.LetIn(person, null)).Scope.ShouldBe("mcp", "a client that names no resource means /mcp");
    }

    [Fact]
    public async Task a_toolkit_that_took_over_the_slug_is_not_what_the_person_allowed()
    {
        using var person = await Person.Join(world);
        var kit = await Kit();
        var tokens = await (await new ByHand(world).Register()).LetIn(person, kit.Path);

        (await world.Owner.Delete("/api/toolkits/" + kit.Id)).Expect(204);
        (await world.Owner.Post("/api/toolkits", new { owner = "org", name = "Another", slug = kit.Slug })).Expect(201);

        (await world.Mcp(kit.Path, tokens.Access).Stateless("tools/list")).Expect(404);
    }

    [Fact]
    public async Task a_client_that_may_only_see_asks_for_more_when_it_wants_to_call()
    {
        using var person = await Person.Join(world);
        var kit = await Kit();
        var client = await new ByHand(world).Register();
        var tokens = await client.LetIn(person, kit.Path, changes: ("scope", "mcp:read"));
        tokens.Scope.ShouldBe("mcp:read");
        var mcp = world.Mcp(kit.Path, tokens.Access);

        var tool = (await mcp.List()).Select(one => one.GetProperty("name").GetString()!).First(name => name.Contains("list", StringComparison.OrdinalIgnoreCase));
        var refused = (await mcp.Call(tool)).Expect(403);
        refused.Header("WWW-Authenticate")!.ShouldContain("error=\"insufficient_scope\", scope=\"mcp\"");
        refused.Json.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32003);
        var session = await mcp.Initialize();
        (await mcp.ListInSession(session)).Expect(200);
        (await mcp.CallInSession(session, tool)).Expect(403);
        await world.Event("tool_call_denied", data => data.GetProperty("toolkitId").GetString() == kit.Id);

        var more = await client.LetIn(person, kit.Path, changes: ("scope", "mcp"));
        (await world.Mcp(kit.Path, more.Access).Call(tool)).Expect(200);
    }

    [Fact]
    public async Task what_was_allowed_is_listed_and_taken_back_at_once()
    {
        using var person = await Person.Join(world);
        var kit = await Kit();
        var client = await new ByHand(world).Register();
        var tokens = await client.LetIn(person, kit.Path);
        var mcp = world.Mcp(kit.Path, tokens.Access);
        var session = await mcp.Initialize();
        var csrf = (await person.Browser.Json(HttpMethod.Get, "/api/account/me", null)).Json.GetProperty("csrfToken").GetString();

        var grant = (await person.Browser.Json(HttpMethod.Get, "/api/account/grants", null)).Json.GetProperty("items").EnumerateArray().Single();
        grant.GetProperty("clientName").GetString().ShouldBe("By hand");
        grant.GetProperty("resource").GetString().ShouldBe(kit.Path);
        var id = grant.GetProperty("id").GetString()!;
        (await world.Owner.Delete("/api/account/grants/" + id)).Expect(404);
        ((int)(await person.Browser.Json(HttpMethod.Delete, "/api/account/grants/" + id, null, csrf)).Status).ShouldBe(204);

        (await mcp.ListInSession(session)).Expect(401);
        (await client.Refresh(tokens.Refresh!)).ShouldBeError("invalid_grant");
        await world.Event("session_ended", data => data.GetProperty("reason").GetString() == "credential_ended");
    }

    [Fact]
    public async Task a_client_gives_its_tokens_back()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();
        var tokens = await client.LetIn(person, "/mcp");

        (await client.Revoke("tgr_nothing")).Status.ShouldBe(200);
        (await client.Revoke(tokens.Refresh!)).Status.ShouldBe(200);

        (await world.Mcp("/mcp", tokens.Access).Stateless("tools/list")).Expect(401);
    }

    [Fact]
    public async Task a_client_that_is_removed_is_out_and_so_is_one_whose_person_is()
    {
        using var person = await Person.Join(world);
        using var other = await Person.Join(world);
        var (first, second) = (await new ByHand(world).Register(), await new ByHand(world).Register());
        var (a, b) = (await first.LetIn(person, "/mcp"), await second.LetIn(other, "/mcp"));
        var member = (await other.Browser.Json(HttpMethod.Get, "/api/account/me", null)).Json.GetProperty("id").GetString();

        (await world.Owner.Get("/api/clients/" + first.ClientId)).Expect(200).Json.GetProperty("grants").GetInt32().ShouldBe(1);
        (await world.Owner.Delete("/api/clients/" + first.ClientId)).Expect(204);
        (await world.Owner.Delete("/api/members/" + member)).Expect(204);

        (await world.Mcp("/mcp", a.Access).Stateless("tools/list")).Expect(401);
        (await world.Mcp("/mcp", b.Access).Stateless("tools/list")).Expect(401);
        (await first.Refresh(a.Refresh!)).ShouldBeError("invalid_client", 401);
        (await second.Refresh(b.Refresh!)).ShouldBeError("invalid_grant");
    }

    [Fact]
    public async Task nothing_that_a_client_holds_is_in_the_log()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();
        var told = await person.Answer(client.Link("/mcp"));
        var tokens = Tokens.Of(await client.Redeem(told.Code));
        var secret = (await client.Register(new { redirect_uris = new[] { ByHand.Redirect } })).Json.GetProperty("client_secret").GetString()!;

        var everything = string.Join('\n', (await world.Events()).Select(e => e.GetRawText())) + string.Join('\n', world.Server.Logs.Lines);

        foreach (var value in new[] { told.Code!, tokens.Access, tokens.Refresh!, secret, client.Verifier })
        {
            everything.ShouldNotContain(value[8..]);
        }
    }

    private async Task<Toolkit> Kit(string grants = "notes.*")
    {
        await world.Notes();
        return await world.NewToolkit(grants);
    }
}
