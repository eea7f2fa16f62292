using System.Text.Json.Nodes;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>Signing in by an OpenID Connect provider, an honest one and one that lies.</summary>
public sealed class ProviderSignInTests : IAsyncLifetime
{
    private TestProvider provider = null!;

    public async Task InitializeAsync() => provider = await TestProvider.Start();

    public async Task DisposeAsync() => await provider.DisposeAsync();

    [Fact]
    public async Task the_first_sign_in_makes_the_member_and_the_next_finds_it_again()
    {
        await using var server = await Start(("AllowedDomains:0", "example.com"));
        using var browser = new Browser(server.BaseAddress);

        var page = await browser.Get("/sign-in?return=%2F%3Fx%3D1");
        page.Text.ShouldContain("href=\"/sign-in/oidc?return=%2F%3Fx%3D1\"");
        var back = await Through(browser, "/sign-in/oidc?return=%2F%3Fx%3D1");
        (await browser.Get(back)).ShouldSatisfyAllConditions(
            done => ((int)done.Status, done.Location).ShouldBe((303, "/?x=1")),
            done => done.Headers["Cache-Control"].ShouldBe("no-store"));
        var me = (await browser.Get("/api/account/me")).Json;
        (me.GetProperty("name").GetString(), me.GetProperty("email").GetString(), me.GetProperty("role").GetString()).ShouldBe(("Ada", "ada@example.com", "member"));
        browser.Cookies.Keys.ShouldNotContain("__Host-toolgate-oidc");
        provider.Asked["scope"].ShouldBe("openid email profile");
        (provider.Asked["response_type"], provider.Asked["code_challenge_method"]).ShouldBe(("code", "S256"));

        // Another name and address there is the same person here: what counts is what never changes hands.
        provider.Person = TestProvider.Named("sub-1", "ada.l@example.com", "Ada Lovelace");
        using var again = new Browser(server.BaseAddress);
        await again.Get(await Through(again, "/sign-in/oidc"));
        (await again.Get("/api/account/me")).Json.GetProperty("id").GetString().ShouldBe(me.GetProperty("id").GetString());
        ((JsonArray)(await server.Api.Get("/api/audit/events?type=member_joined"))["items"]!).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("nonce", "another nonce", "other_nonce")]
    [InlineData("aud", "another client", "bad_id_token (SecurityTokenInvalidAudienceException)")]
    [InlineData("iss", "https://evil.example", "bad_id_token (SecurityTokenInvalidIssuerException)")]
    [InlineData("azp", "another client", "other_audience")]
    [InlineData("email", "ada@evil.example", "domain_not_allowed")]
    [InlineData("email", "ada@sub.example.com", "domain_not_allowed")]
    [InlineData("email", null, "no_email")]
    [InlineData("email_verified", "false", "email_not_verified")]
    [InlineData("email_verified", null, "email_not_verified")]
    [InlineData("sub", null, "no_subject")]
    [InlineData("exp", null, "bad_id_token (SecurityTokenInvalidLifetimeException)")]
    public async Task a_token_with_a_claim_that_is_not_right_lets_nobody_in(string claim, string? value, string reason)
    {
        await using var server = await Start(("AllowedDomains:0", "example.com"));
        provider.Lie = claims =>
        {
            claims.Remove(claim);
            if (value is not null)
            {
                claims[claim] = value;
            }
        };

        // What the token does not say is asked for at the userinfo endpoint.
        if (claim is "email" && value is null)
        {
            provider.Person.Remove("email");
        }

        await Refused(server, reason);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    public async Task a_token_that_no_key_of_the_provider_signed_lets_nobody_in(string algorithm)
    {
        await using var server = await Start(("AllowedDomains:0", "example.com"));
        provider.Algorithm = algorithm;

        await Refused(server, "bad_id_token");
    }

    [Fact]
    public async Task a_token_that_is_over_or_for_several_audiences_lets_nobody_in()
    {
        await using var server = await Start(("AllowedDomains:0", "example.com"));
        provider.Lie = claims => claims["exp"] = (long)claims["exp"]! - 3600;
        await Refused(server, "bad_id_token (SecurityTokenInvalidLifetimeException)");
        provider.Lie = claims => claims["aud"] = new JsonArray(TestProvider.ClientId, "another client");
        await Refused(server, "other_audience");
        provider.Lie = claims => (claims["aud"], claims["azp"]) = (new JsonArray(TestProvider.ClientId, "another client"), TestProvider.ClientId);
        using var browser = new Browser(server.BaseAddress);
        ((int)(await browser.Get(await Through(browser, "/sign-in/oidc"))).Status).ShouldBe(303, "one that names this client is for it");
    }

    [Fact]
    public async Task a_code_works_once_and_a_state_in_its_own_browser_alone()
    {
        await using var server = await Start(("AllowedDomains:0", "example.com"));
        using var browser = new Browser(server.BaseAddress);
        using var victim = new Browser(server.BaseAddress);
        var back = await Through(browser, "/sign-in/oidc");
        var cookie = browser.Cookies["__Host-toolgate-oidc"];

        // The link of one's own sign-in, sent to somebody else.
        ((int)(await victim.Get(back)).Status).ShouldBe(400);
        await Through(victim, "/sign-in/oidc");
        ((int)(await victim.Get(back)).Status).ShouldBe(400);
        victim.Cookie.ShouldBeNull();

        ((int)(await browser.Get(back)).Status).ShouldBe(303);
        ((int)(await browser.Get(back)).Status).ShouldBe(400);
        browser.Cookies["__Host-toolgate-oidc"] = cookie;
        ((int)(await browser.Get(back)).Status).ShouldBe(403, "the provider exchanges no code twice");

        // Another provider's answer.
        var other = await Through(browser, "/sign-in/oidc");
        ((int)(await browser.Get(other.Replace("iss=", "iss=https%3A%2F%2Fevil.example%2F", StringComparison.Ordinal))).Status).ShouldBe(403);
        var silent = await Through(browser, "/sign-in/oidc");
        ((int)(await browser.Get(silent[..silent.IndexOf("&iss=", StringComparison.Ordinal)])).Status).ShouldBe(403);
        ((int)(await browser.Get((await Through(browser, "/sign-in/oidc")).Replace("code=", "error=access_denied&was=", StringComparison.Ordinal))).Status).ShouldBe(403);
    }

    [Fact]
    public async Task a_provider_may_change_its_keys_and_may_not_speak_for_another()
    {
        await using var server = await Start(("AllowedDomains:0", "example.com"));
        using var browser = new Browser(server.BaseAddress);
        ((int)(await browser.Get(await Through(browser, "/sign-in/oidc"))).Status).ShouldBe(303);
        provider.RotateKey();
        ((int)(await browser.Get(await Through(browser, "/sign-in/oidc"))).Status).ShouldBe(303);
        ((int)(await browser.Get(await Through(browser, "/sign-in/oidc"))).Status).ShouldBe(303);
        provider.KeysRead.ShouldBe(2);

        await using var other = await Start(("AllowedDomains:0", "example.com"));
        provider.OtherIssuer = "https://evil.example";
        using var second = new Browser(other.BaseAddress);
        ((int)(await second.Get("/sign-in/oidc")).Status).ShouldBe(403);
    }

    [Fact]
    public async Task roles_follow_the_groups_at_each_sign_in_and_the_last_owner_stays()
    {
        await using var server = await Start(("Roles:admins", "admin"), ("Roles:owners", "owner"), ("Roles:staff", "member"));
        using var browser = new Browser(server.BaseAddress);

        await Refused(server, "no_group");
        foreach (var (groups, role) in new[] { (new[] { "staff" }, "member"), (["staff", "admins"], "admin"), (["other", "owners"], "owner"), (["staff"], "member") })
        {
            provider.Person = TestProvider.Named("sub-1", "ada@example.com", "Ada", groups);
            await browser.Get(await Through(browser, "/sign-in/oidc"));
            (await browser.Get("/api/account/me")).Json.GetProperty("role").GetString().ShouldBe(role);
        }

        // Once the owner of the first start is gone, the one who is left keeps the role.
        provider.Person = TestProvider.Named("sub-1", "ada@example.com", "Ada", "owners");
        await browser.Get(await Through(browser, "/sign-in/oidc"));
        var first = (string)(await server.Api.Get("/api/account/me"))["id"]!;
        await server.Api.Delete("/api/members/" + first);
        provider.Person = TestProvider.Named("sub-1", "ada@example.com", "Ada", "staff");
        await browser.Get(await Through(browser, "/sign-in/oidc"));
        (await browser.Get("/api/account/me")).Json.GetProperty("role").GetString().ShouldBe("owner");
    }

    [Fact]
    public async Task an_address_makes_nobody_a_member_that_exists_unless_the_operator_says_so()
    {
        foreach (var (link, status) in new[] { ("false", 409), ("true", 303) })
        {
            await using var server = await Start(("AllowedDomains:0", "*"), ("LinkByEmail", link));
            var invite = await server.Api.Post("/api/invites", new { email = "ada@example.com" }, 201);
            using var ada = new Browser(server.BaseAddress);
            var joined = await ada.Json(
                HttpMethod.Post, "/api/account/sign-up",
                new { invite = ((string)invite["url"]!).Split('=')[1], name = "Ada", email = "ada@example.com", password = "a password of hers" });
            ((int)joined.Status).ShouldBe(200, joined.Text);

            using var browser = new Browser(server.BaseAddress);
            ((int)(await browser.Get(await Through(browser, "/sign-in/oidc"))).Status).ShouldBe(status);
            if (status == 303)
            {
                (await browser.Get("/api/account/me")).Json.GetProperty("id").GetString().ShouldBe(joined.Json.GetProperty("id").GetString());

                // Another person with the same address there is not linked to the same member.
                provider.Person = TestProvider.Named("sub-2", "ada@example.com", "Eve");
                using var eve = new Browser(server.BaseAddress);
                ((int)(await eve.Get(await Through(eve, "/sign-in/oidc"))).Status).ShouldBe(409);
            }
        }
    }

    [Fact]
    public async Task claims_that_the_token_leaves_out_are_asked_for_and_must_be_of_the_same_person()
    {
        await using var server = await Start(("Roles:admins", "admin"));
        provider.OnlyAtUserInfo.UnionWith(["email", "email_verified", "groups"]);
        provider.Person = TestProvider.Named("sub-1", "ada@example.com", "Ada", "admins");
        using var browser = new Browser(server.BaseAddress);
        ((int)(await browser.Get(await Through(browser, "/sign-in/oidc"))).Status).ShouldBe(303);
        (await browser.Get("/api/account/me")).Json.GetProperty("role").GetString().ShouldBe("admin");

        provider.OtherSubject = "sub-2";
        await Refused(server, "other_subject");
    }

    [Fact]
    public async Task passwords_can_be_turned_off()
    {
        await using var server = await Start(("AllowedDomains:0", "example.com"), ("/Toolgate:SignIn:Passwords", "false"));
        using var browser = new Browser(server.BaseAddress);
        var page = await browser.Get("/sign-in");
        page.Text.ShouldContain("/sign-in/oidc");
        page.Text.ShouldNotContain("type=\"password\"");

        var refused = await browser.Json(HttpMethod.Post, "/api/account/sign-in", new { email = "ada@example.com", password = "a password of hers" });
        ((int)refused.Status, refused.Json.GetProperty("type").GetString()).ShouldBe((403, "urn:toolgate:problem:passwords-off"));
        ((string)(await server.Api.Post("/api/invites", new { }, 403))["type"]!).ShouldEndWith("passwords-off");
        ((int)(await browser.Get("/setup?token=x")).Status).ShouldBe(404);
        ((int)(await browser.Get(await Through(browser, "/sign-in/oidc"))).Status).ShouldBe(303);
    }

    [Fact]
    public async Task secrets_of_a_sign_in_are_nowhere()
    {
        await using var server = await Start(("AllowedDomains:0", "example.com"));
        using var browser = new Browser(server.BaseAddress);
        var back = await Through(browser, "/sign-in/oidc");
        var cookie = browser.Cookies["__Host-toolgate-oidc"];
        await browser.Get(back);
        await Refused(server, "other_nonce", claims => claims["nonce"] = "another nonce");

        var code = back.Split("code=")[1].Split('&')[0];
        foreach (var secret in new[] { cookie, code, TestProvider.ClientSecret, "an access token", "another nonce" })
        {
            server.Logs.Lines.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal));
            (await server.Api.Get("/api/audit/events?limit=1000")).ToJsonString().ShouldNotContain(secret);
        }
    }

    /// <summary>A server with the provider; settings are of its section, or whole when they begin with a slash.</summary>
    private Task<ToolgateServer> Start(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Toolgate:OpenIdConnect:Issuer"] = provider.Issuer,
            ["Toolgate:OpenIdConnect:ClientId"] = TestProvider.ClientId,
            ["Toolgate:OpenIdConnect:ClientSecret"] = TestProvider.ClientSecret,
        };
        foreach (var (name, value) in settings)
        {
            all[name.StartsWith('/') ? name[1..] : "Toolgate:OpenIdConnect:" + name] = value;
        }

        return ToolgateServer.Start(all);
    }

    /// <summary>Begins a sign-in and lets the provider answer: path and query with which it sends the browser back.</summary>
    private static async Task<string> Through(Browser browser, string path)
    {
        var sent = await browser.Get(path);
        ((int)sent.Status).ShouldBe(303, sent.Text);
        using var elsewhere = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var answer = await elsewhere.GetAsync(new Uri(sent.Location!));
        return answer.Headers.Location!.PathAndQuery;
    }

    private async Task Refused(ToolgateServer server, string reason, Action<JsonObject>? lie = null)
    {
        provider.Lie = lie ?? provider.Lie;
        using var browser = new Browser(server.BaseAddress);
        var members = (await server.Api.Get("/api/members"))["items"]!.AsArray().Count;
        var answer = await browser.Get(await Through(browser, "/sign-in/oidc"));
        ((int)answer.Status).ShouldBe(403, answer.Text);
        browser.Cookie.ShouldBeNull();
        (await server.Api.Get("/api/members"))["items"]!.AsArray().Count.ShouldBe(members);
        server.Logs.Lines.ShouldContain(line => line.Contains("refused: " + reason, StringComparison.Ordinal), "for this reason and no other");
    }
}
