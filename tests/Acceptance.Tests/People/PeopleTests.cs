using Npgsql;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

public sealed class PeopleTests : IAsyncLifetime
{
    private const string Email = "ada@example.com";
    private const string Password = "correct horse battery";
    private ToolgateServer server = null!;

    public async Task InitializeAsync() => server = await ToolgateServer.Start(new Dictionary<string, string>
    {
        ["Toolgate:Owner:Email"] = Email,
        ["Toolgate:Owner:Password"] = Password,
    });

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task the_configured_owner_signs_in_by_page_and_is_led_to_where_they_were_going()
    {
        using var browser = new Browser(server.BaseAddress);

        var sent = await browser.Get("/?x=1");
        sent.Location.ShouldBe("/sign-in?return=%2F%3Fx%3D1");
        var form = await browser.Get(sent.Location!);
        form.Hidden("return").ShouldBe("/?x=1");
        var signedIn = await browser.Post("/sign-in", ("return", form.Hidden("return")), ("email", " Ada@Example.com "), ("password", Password));

        ((int)signedIn.Status, signedIn.Location).ShouldBe((303, "/?x=1"));
        browser.SetCookie!.ShouldContain("secure");
        browser.SetCookie!.ShouldContain("httponly");
        browser.SetCookie!.ShouldContain("samesite=lax");
        browser.SetCookie!.ShouldContain("path=/");
        (await browser.Get("/")).Text.ShouldContain("Signed in as");
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("javascript:alert(1)")]
    public async Task a_sign_in_leads_to_no_other_origin(string back)
    {
        using var browser = new Browser(server.BaseAddress);

        (await browser.Post("/sign-in", ("return", back), ("email", Email), ("password", Password))).Location.ShouldBe("/");
    }

    [Fact]
    public async Task a_page_of_another_origin_signs_nobody_in()
    {
        using var browser = new Browser(server.BaseAddress) { FetchSite = "cross-site" };

        ((int)(await browser.Post("/sign-in", ("email", Email), ("password", Password))).Status).ShouldBe(403);
        browser.Cookie.ShouldBeNull();
    }

    [Fact]
    public async Task an_unknown_address_and_a_wrong_password_are_answered_alike()
    {
        using var browser = new Browser(server.BaseAddress);

        var unknown = await browser.Json(HttpMethod.Post, "/api/account/sign-in", new { email = "nobody@example.com", password = Password });
        var wrong = await browser.Json(HttpMethod.Post, "/api/account/sign-in", new { email = Email, password = "wrong horse battery" });

        (unknown.Status, wrong.Status).ShouldBe((System.Net.HttpStatusCode.Unauthorized, System.Net.HttpStatusCode.Unauthorized));
        unknown.Json.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:wrong-credentials");
        unknown.Json.GetProperty("detail").GetString().ShouldBe(wrong.Json.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task guessing_is_slowed_down_and_says_for_how_long()
    {
        using var browser = new Browser(server.BaseAddress);
        Page last = null!;
        for (var attempt = 0; attempt < 7; attempt++)
        {
            last = await browser.Json(HttpMethod.Post, "/api/account/sign-in", new { email = "guessed@example.com", password = "guess number " + attempt });
        }

        last.Json.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:too-many-attempts");
        int.Parse(last.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(0);
        (await SignIn(browser)).Length.ShouldBeGreaterThan(20, "another account is not slowed down");
    }

    [Fact]
    public async Task a_write_by_cookie_needs_the_token_that_only_this_origin_knows()
    {
        using var browser = new Browser(server.BaseAddress);
        var csrf = await SignIn(browser);

        var without = await browser.Json(HttpMethod.Post, "/api/toolkits", new { owner = "org", name = "Forged" });
        var wrong = await browser.Json(HttpMethod.Post, "/api/toolkits", new { owner = "org", name = "Forged" }, csrf[..^1] + (csrf[^1] == 'A' ? 'B' : 'A'));
        var right = await browser.Json(HttpMethod.Post, "/api/toolkits", new { owner = "org", name = "Own" }, csrf);

        ((int)without.Status, (int)wrong.Status, (int)right.Status).ShouldBe((403, 403, 201));
        without.Json.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:antiforgery");
        (await browser.Get("/api/account/me")).Json.GetProperty("csrfToken").GetString().ShouldBe(csrf);
    }

    [Fact]
    public async Task a_cookie_opens_no_mcp_endpoint()
    {
        using var browser = new Browser(server.BaseAddress);
        await SignIn(browser);

        ((int)(await browser.Get("/mcp")).Status).ShouldBe(401);
        ((int)(await browser.Json(HttpMethod.Post, "/mcp", new { jsonrpc = "2.0", id = 1, method = "tools/list" })).Status).ShouldBe(401);
    }

    [Fact]
    public async Task an_invite_lets_one_person_in_once()
    {
        var invite = await server.Api.Post("/api/invites", new { role = "member", email = "bob@example.com" }, 201);
        var path = new Uri((string)invite["url"]!).PathAndQuery;
        using var stranger = new Browser(server.BaseAddress);
        var link = (await stranger.Get(path)).Hidden("link");

        var foreign = await stranger.Post("/sign-up", ("link", link), ("name", "Eve"), ("email", "eve@example.com"), ("password", "another good password"));
        ((int)foreign.Status).ShouldBe(422);
        var weak = await stranger.Post("/sign-up", ("link", link), ("name", "Bob"), ("email", "bob@example.com"), ("password", "short"));
        ((int)weak.Status).ShouldBe(422);
        var taken = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ =>
            stranger.Post("/sign-up", ("link", link), ("name", "Bob"), ("email", "bob@example.com"), ("password", "another good password"))));
        taken.Select(page => (int)page.Status).Order().ShouldBe([303, 404]);

        ((int)(await stranger.Get(path)).Status).ShouldBe(404);
        var members = (await server.Api.Get("/api/members"))["items"]!.AsArray();
        members.Single(member => (string?)member!["email"] == "bob@example.com")!["role"]!.GetValue<string>().ShouldBe("member");
    }

    [Fact]
    public async Task a_withdrawn_invite_opens_nothing_and_members_invite_nobody()
    {
        var invite = await server.Api.Post("/api/invites", new { }, 201);
        var (member, csrf) = await Join(server, "carol@example.com");
        using (member)
        {
            ((int)(await member.Json(HttpMethod.Post, "/api/invites", new { }, csrf)).Status).ShouldBe(403);
            ((int)(await member.Get("/api/invites")).Status).ShouldBe(403);
        }

        await server.Api.Delete($"/api/invites/{invite["id"]}");
        using var browser = new Browser(server.BaseAddress);
        ((int)(await browser.Get(new Uri((string)invite["url"]!).PathAndQuery)).Status).ShouldBe(404);
    }

    [Theory]
    [InlineData("manage", null)]
    [InlineData("manage audit tools:invoke", "2100-01-01T00:00:00Z")]
    public async Task a_key_makes_no_larger_credential_out_of_itself(string scopes, string? expiresAt)
    {
        var small = await server.Api.Post("/api/account/api-keys", new { name = "small", scopes = scopes.Split(' '), expiresAt }, 201);
        using var api = server.Api.As((string)small["value"]!);
        var me = (await api.Get("/api/account/me"))["id"];

        ((string)(await api.Post($"/api/members/{me}/password-reset", expect: 403))["type"]!).ShouldEndWith("key-too-small");
        ((string)(await api.Post("/api/invites", new { role = "owner" }, 403))["type"]!).ShouldEndWith("key-too-small");
    }

    [Fact]
    public async Task signing_out_removal_and_a_reset_password_end_sign_ins_at_once()
    {
        var (first, _) = await Join(server, "dan@example.com");
        using var second = new Browser(server.BaseAddress);
        var csrf = await SignIn(second, "dan@example.com", "a password of dan@example.com!");
        (await first.Get("/api/account/sessions")).Json.GetProperty("items").GetArrayLength().ShouldBe(2);

        await second.Json(HttpMethod.Post, "/api/account/sign-out", null, csrf);
        second.Cookie.ShouldBeNull();
        (await first.Get("/api/account/sessions")).Json.GetProperty("items").GetArrayLength().ShouldBe(1);

        var id = (await first.Get("/api/account/me")).Json.GetProperty("id").GetString();
        var reset = await server.Api.Post($"/api/members/{id}/password-reset");
        var link = new Uri((string)reset["url"]!).PathAndQuery;
        using var third = new Browser(server.BaseAddress);
        var form = await third.Get(link);
        ((int)(await third.Post("/reset-password", ("link", form.Hidden("link")), ("password", "a new password of dan"))).Status).ShouldBe(303);
        ((int)(await first.Get("/api/account/me")).Status).ShouldBe(401);
        ((int)(await third.Get("/api/account/me")).Status).ShouldBe(200);

        await server.Api.Delete($"/api/members/{id}");
        ((int)(await third.Get("/api/account/me")).Status).ShouldBe(401);
        first.Dispose();
    }

    [Fact]
    public async Task a_changed_password_ends_the_other_sign_ins_and_not_this_one()
    {
        var (first, csrf) = await Join(server, "fay@example.com");
        using var second = new Browser(server.BaseAddress);
        await SignIn(second, "fay@example.com", "a password of fay@example.com!");

        var wrong = await first.Json(HttpMethod.Post, "/api/account/password", new Dictionary<string, string> { ["current"] = "not the password", ["new"] = "the next password of fay" }, csrf);
        ((int)wrong.Status).ShouldBe(422);
        var right = await first.Json(
            HttpMethod.Post, "/api/account/password", new Dictionary<string, string> { ["current"] = "a password of fay@example.com!", ["new"] = "the next password of fay" }, csrf);

        ((int)right.Status).ShouldBe(204);
        ((int)(await first.Get("/api/account/me")).Status).ShouldBe(200);
        ((int)(await second.Get("/api/account/me")).Status).ShouldBe(401);
        first.Dispose();
    }

    [Fact]
    public async Task a_sign_in_survives_a_restart_and_its_secrets_are_nowhere()
    {
        using var browser = new Browser(server.BaseAddress);
        await SignIn(browser);
        var cookie = browser.Cookie!;
        var invite = ((string)(await server.Api.Post("/api/invites", new { }, 201))["url"]!).Split('=')[1];
        await browser.Get("/sign-up?invite=" + invite);

        await server.Restart();

        ((int)(await browser.Get("/api/account/me")).Status).ShouldBe(200);
        await using var connection = new NpgsqlConnection(server.Database.ConnectionString);
        await connection.OpenAsync();
        foreach (var secret in new[] { cookie, Password, invite })
        {
            await using var search = new NpgsqlCommand("select count(*) from events.mt_events e where e::text like '%' || $1 || '%'", connection) { Parameters = { new() { Value = secret } } };
            (await search.ExecuteScalarAsync()).ShouldBe(0L);
            server.Logs.Lines.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal));
        }

        await using var stored = new NpgsqlCommand("select hash from toolgate.passwords", connection);
        ((string)(await stored.ExecuteScalarAsync())!).ShouldNotContain(Password);
    }

    [Fact]
    public async Task without_a_configured_owner_a_link_sets_the_deployment_up_once()
    {
        await using var fresh = await ToolgateServer.Start();
        var me = (await fresh.Api.Get("/api/account/me"))["id"]!.GetValue<string>();
        var made = await fresh.Api.Post($"/api/members/{me}/password-reset");
        var link = new Uri((string)made["url"]!);
        link.AbsolutePath.ShouldBe("/setup", "an owner without an address sets one");
        using var browser = new Browser(fresh.BaseAddress);
        var form = await browser.Get(link.PathAndQuery);

        var done = await browser.Post("/setup", ("link", form.Hidden("link")), ("name", "Grace"), ("email", "grace@example.com"), ("password", "a password for the owner"));

        ((int)done.Status).ShouldBe(303);
        var account = (await browser.Get("/api/account/me")).Json;
        (account.GetProperty("id").GetString(), account.GetProperty("name").GetString(), account.GetProperty("role").GetString()).ShouldBe((me, "Grace", "owner"));
        ((int)(await browser.Get(link.PathAndQuery)).Status).ShouldBe(404);
    }

    /// <summary>Signs in over REST; the antiforgery token.</summary>
    private static async Task<string> SignIn(Browser browser, string email = Email, string password = Password)
    {
        var answer = await browser.Json(HttpMethod.Post, "/api/account/sign-in", new { email, password });
        ((int)answer.Status).ShouldBe(200, answer.Text);
        return answer.Json.GetProperty("csrfToken").GetString()!;
    }

    /// <summary>A new member, signed in.</summary>
    private static async Task<(Browser Browser, string Csrf)> Join(ToolgateServer server, string email)
    {
        var invite = await server.Api.Post("/api/invites", new { email }, 201);
        var browser = new Browser(server.BaseAddress);
        var answer = await browser.Json(HttpMethod.Post, "/api/account/sign-up", new
        {
            invite = ((string)invite["url"]!).Split('=')[1],
            name = email.Split('@')[0],
            email,
            password = $"a password of {email}!",
        });
        ((int)answer.Status).ShouldBe(200, answer.Text);
        return (browser, answer.Json.GetProperty("csrfToken").GetString()!);
    }
}
