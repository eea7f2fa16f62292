namespace Toolgate.Acceptance.Tests;

/// <summary>Every rule of the authorization server, broken.</summary>
public sealed class AuthorizationRulesTests(World world) : IClassFixture<World>
{
    [Theory]
    [InlineData("client_id", "cli_nobody")]
    [InlineData("client_id", null)]
    [InlineData("client_id", "https://127.0.0.1/client.json")]
    [InlineData("redirect_uri", "https://evil.example/callback")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000/callback/more")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000/callback?more=1")]
    [InlineData("redirect_uri", "http://localhost:5000/callback")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000@evil.example/callback")]
    [InlineData("redirect_uri", "http://127.0.0.1:99999/callback")]
    [InlineData("redirect_uri", "https://127.0.0.1:5000/callback")]
    [InlineData("redirect_uri", "javascript:alert(1)")]
    public async Task nobody_is_sent_where_the_client_did_not_say_at_its_registration(string name, string? value)
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();

        var page = await person.Question(client.Link("/mcp", (name, value)));

        ((int)page.Status, page.Location).ShouldBe((400, null));
        page.Text.ShouldNotContain("evil.example");
    }

    [Theory]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("response_type", null, "unsupported_response_type")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge_method", null, "invalid_request")]
    [InlineData("code_challenge", null, "invalid_request")]
    [InlineData("code_challenge", "short", "invalid_request")]
    [InlineData("scope", "admin", "invalid_scope")]
    [InlineData("response_mode", "fragment", "invalid_request")]
    [InlineData("prompt", "none", "interaction_required")]
    [InlineData("resource", "https://other.example/mcp", "invalid_target")]
    [InlineData("resource", "/mcp", "invalid_target")]
    public async Task a_client_that_asks_wrongly_is_told_so_with_its_state_and_the_issuer(string name, string? value, string error)
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();

        var page = await person.Question(client.Link("/mcp", (name, value)));

        var told = Told.At(page.Location!);
        told.Uri.ShouldStartWith(ByHand.Redirect + "?");
        (told.Error, told.State, told.Issuer, told.Code).ShouldBe((error, "opaque state", client.Origin, null));
    }

    [Fact]
    public async Task a_toolkit_that_the_person_does_not_see_and_one_that_does_not_exist_are_the_same()
    {
        using var person = await Person.Join(world);
        var hidden = await world.NewToolkit(world.Owner, "user");
        var client = await new ByHand(world).Register();

        var answers = new List<string?>();
        foreach (var path in new[] { hidden.Path, "/mcp/toolkits/nothing-here", hidden.Path + "?x=1", hidden.Path + "#x", "/mcp/../mcp", "/api" })
        {
            answers.Add(Told.At((await person.Question(client.Link(path))).Location!).Error);
        }

        answers.ShouldAllBe(error => error == "invalid_target");
    }

    [Fact]
    public async Task a_parameter_that_is_given_twice_is_refused()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();

        Told.At((await person.Question(client.Link("/mcp") + "&scope=mcp")).Location!).Error.ShouldBe("invalid_request");
        Told.At((await person.Question(client.Link("/mcp") + "&resource=https%3A%2F%2Fother.example%2F")).Location!).Error.ShouldBe("invalid_target");
        ((int)(await person.Question(client.Link("/mcp") + "&redirect_uri=https%3A%2F%2Fevil.example")).Status).ShouldBe(400);
        ((int)(await person.Question(client.Link("/mcp") + "&client_id=cli_other")).Status).ShouldBe(400);
    }

    [Fact]
    public async Task a_person_who_says_no_and_a_page_of_somebody_else_let_nobody_in()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();

        var told = await person.Answer(client.Link("/mcp"), decision: "deny");
        (told.Error, told.Code).ShouldBe(("access_denied", null));

        var page = await person.Question(client.Link("/mcp"));
        var fields = Told.Parameters.Select(name => (name, page.Hidden(name))).Append(("decision", "allow")).ToArray();
        ((int)(await person.Browser.Post("/authorize", fields)).Status).ShouldBe(403, "no antiforgery token");
        person.Browser.FetchSite = "cross-site";
        ((int)(await person.Browser.Post("/authorize", [.. fields, ("csrf", page.Hidden("csrf"))])).Status).ShouldBe(403, "not our page");
    }

    [Fact]
    public async Task what_the_form_carries_is_judged_again()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();
        var page = await person.Question(client.Link("/mcp"));
        (string, string)[] fields = [.. Told.Parameters.Select(name => (name, name == "redirect_uri" ? "https://evil.example/" : page.Hidden(name))), ("csrf", page.Hidden("csrf")), ("decision", "allow")];

        var answered = await person.Browser.Post("/authorize", fields);

        ((int)answered.Status, answered.Location).ShouldBe((400, null));
    }

    [Fact]
    public async Task a_program_on_the_own_machine_may_wait_at_any_port()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register("http://localhost/callback");

        var told = await person.Answer(client.Link("/mcp", ("redirect_uri", "http://localhost:61234/callback")));

        told.Uri.ShouldStartWith("http://localhost:61234/callback?code=");
        (await client.Redeem(told.Code, ("redirect_uri", "http://localhost:61234/callback"))).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("code_verifier", "wrong-verifier-wrong-verifier-wrong-verifier-wrong", "invalid_grant", 400)]
    [InlineData("code_verifier", null, "invalid_grant", 400)]
    [InlineData("redirect_uri", "http://127.0.0.1:5001/callback", "invalid_grant", 400)]
    [InlineData("client_id", "cli_nobody", "invalid_client", 401)]
    [InlineData("client_id", null, "invalid_client", 401)]
    [InlineData("client_secret", "guess", "invalid_client", 401)]
    [InlineData("resource", "https://other.example/mcp", "invalid_target", 400)]
    [InlineData("grant_type", "password", "unsupported_grant_type", 400)]
    [InlineData("grant_type", null, "invalid_request", 400)]
    [InlineData("scope", "mcp:read", "invalid_scope", 400)]
    [InlineData("code", "tgc_nothing", "invalid_grant", 400)]
    public async Task a_code_is_redeemed_by_whom_and_for_what_it_was_made(string name, string? value, string error, int status)
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();
        var told = await person.Answer(client.Link("/mcp"));

        (await client.Redeem(told.Code, (name, value))).ShouldBeError(error, status);
        (await client.Redeem(told.Code)).Status.ShouldBe(200, "a wrong guess takes nothing away");
    }

    [Fact]
    public async Task a_code_of_one_client_or_resource_is_nothing_for_another()
    {
        using var person = await Person.Join(world);
        var (client, other) = (await new ByHand(world).Register(), await new ByHand(world).Register());
        var kit = await world.NewToolkit();
        var told = await person.Answer(client.Link("/mcp"));

        (await client.Redeem(told.Code, ("client_id", other.ClientId))).ShouldBeError("invalid_grant");
        (await client.Redeem(told.Code, ("resource", client.Origin + kit.Path))).ShouldBeError("invalid_target");
    }

    [Fact]
    public async Task a_code_that_is_redeemed_twice_ends_what_it_gave()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();
        var told = await person.Answer(client.Link("/mcp"));
        var tokens = Tokens.Of(await client.Redeem(told.Code));

        (await client.Redeem(told.Code)).ShouldBeError("invalid_grant");

        (await world.Mcp("/mcp", tokens.Access).Stateless("tools/list")).Expect(401);
        (await client.Refresh(tokens.Refresh!)).ShouldBeError("invalid_grant");
    }

    [Fact]
    public async Task of_many_who_redeem_one_code_at_once_none_keeps_anything()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();
        var told = await person.Answer(client.Link("/mcp"));

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.Redeem(told.Code)));

        replies.Count(reply => reply.Status == 200).ShouldBeLessThanOrEqualTo(1);
        foreach (var reply in replies.Where(reply => reply.Status == 200))
        {
            (await world.Mcp("/mcp", Tokens.Of(reply).Access).Stateless("tools/list")).Expect(401);
        }
    }

    [Fact]
    public async Task a_refresh_token_is_replaced_each_time_and_an_old_one_ends_the_family()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();
        var first = await client.LetIn(person, "/mcp");
        var second = Tokens.Of(await client.Refresh(first.Refresh!));
        var third = Tokens.Of(await client.Refresh(second.Refresh!));
        third.Scope.ShouldBe("mcp");
        (await world.Mcp("/mcp", third.Access).Stateless("tools/list")).Expect(200);

        (await client.Refresh(first.Refresh!)).ShouldBeError("invalid_grant");

        (await client.Refresh(third.Refresh!)).ShouldBeError("invalid_grant");
        (await world.Mcp("/mcp", third.Access).Stateless("tools/list")).Expect(401);
        await world.Event("grant_ended", data => data.GetProperty("reason").GetString() == "RefreshReplayed");
    }

    [Fact]
    public async Task two_refreshes_at_once_both_get_tokens_that_work()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();
        var first = await client.LetIn(person, "/mcp");

        var both = await Task.WhenAll(client.Refresh(first.Refresh!), client.Refresh(first.Refresh!));

        foreach (var reply in both)
        {
            (await world.Mcp("/mcp", Tokens.Of(reply).Access).Stateless("tools/list")).Expect(200);
        }
    }

    [Theory]
    [InlineData("client_id", "cli_nobody", "invalid_client", 401)]
    [InlineData("refresh_token", "tgr_nothing", "invalid_grant", 400)]
    [InlineData("resource", "https://other.example/mcp", "invalid_target", 400)]
    [InlineData("scope", "mcp:read", "invalid_scope", 400)]
    public async Task a_refresh_token_is_good_for_its_client_and_resource_alone(string name, string value, string error, int status)
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register();
        var tokens = await client.LetIn(person, "/mcp");

        (await client.Refresh(tokens.Refresh!, (name, value))).ShouldBeError(error, status);
        (await client.Refresh(tokens.Refresh![..^1] + (tokens.Refresh![^1] == 'A' ? 'Q' : 'A'))).ShouldBeError("invalid_grant");
    }

    [Fact]
    public async Task a_client_that_asked_for_no_refresh_tokens_gets_none_unless_it_wants_to_stay()
    {
        using var person = await Person.Join(world);
        var client = await new ByHand(world).Register(ByHand.Redirect, "authorization_code");

        (await client.LetIn(person, "/mcp")).Refresh.ShouldBeNull();
        (await client.LetIn(person, "/mcp", changes: ("scope", "mcp offline_access"))).Refresh.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("""{"redirect_uris":[]}""", "invalid_redirect_uri")]
    [InlineData("""{}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["http://example.com/callback"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["javascript:alert(1)"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["data:text/html,x"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["https://user@example.com/"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["https://example.com/#x"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["/callback"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["https://example.com/ x"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":"https://example.com/"}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["https://example.com/"],"token_endpoint_auth_method":"private_key_jwt"}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://example.com/"],"grant_types":["client_credentials"]}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://example.com/"],"response_types":["token"]}""", "invalid_client_metadata")]
    [InlineData("""[]""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":[""", "invalid_client_metadata")]
    public async Task a_registration_that_is_not_acceptable_is_refused(string body, string error)
        => (await new ByHand(world).Register((object)body)).ShouldBeError(error);

    [Fact]
    public async Task a_client_with_a_secret_must_present_it_in_one_way()
    {
        using var person = await Person.Join(world);
        var client = (await world.Owner.Post("/api/clients", new { name = "Server side", redirectUris = new[] { "https://client.example/back" }, confidential = true })).Expect(201).Json;
        var (id, secret) = (client.GetProperty("id").GetString()!, client.GetProperty("secret").GetString()!);
        var hand = new ByHand(world);
        (string, string?)[] own = [("client_id", id), ("redirect_uri", "https://client.example/back")];
        var told = await person.Answer(hand.Link("/mcp", own));
        var basic = "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{id}:{secret}"));
        (string, string?)[] form = [("grant_type", "authorization_code"), ("code", told.Code), ("redirect_uri", "https://client.example/back"), ("code_verifier", hand.Verifier)];

        (await hand.Token([.. form, ("client_id", id)])).ShouldBeError("invalid_client", 401);
        (await hand.Token([.. form, ("client_id", id), ("client_secret", secret + "x")])).ShouldBeError("invalid_client", 401);
        (await hand.Post("/token", ByHand.Form([.. form, ("client_secret", secret)]), basic)).ShouldBeError("invalid_request");
        (await hand.Post("/token", ByHand.Form([.. form, ("client_id", "cli_other")]), basic)).ShouldBeError("invalid_client", 401);
        (await hand.Post("/token", ByHand.Form(form), basic)).Status.ShouldBe(200);
        (await world.Owner.Get("/api/clients/" + id)).Expect(200).Text.ShouldNotContain(secret);
    }

    [Fact]
    public async Task members_manage_no_clients()
    {
        var member = await world.NewMember();

        (await member.Rest.Get("/api/clients")).Expect(403);
        (await member.Rest.Post("/api/clients", new { name = "Mine", redirectUris = new[] { "https://client.example/" } })).Expect(403);
        (await world.Owner.Post("/api/clients", new { name = "Bad", redirectUris = new[] { "https://client.example/", "ftp://x/" } })).Expect(422)
            .Json.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/redirectUris/1");
    }

    [Fact]
    public async Task pages_of_any_origin_may_register_and_redeem_but_no_cookie_counts_there()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/token");
        request.Headers.Add("Origin", "https://client.example");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        using var answer = await world.Http.SendAsync(request);

        ((int)answer.StatusCode).ShouldBe(204);
        answer.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe("*");
        answer.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
    }
}
