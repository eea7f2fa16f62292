using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.OAuth;

public sealed class AuthorizationCodeTests(AuthorizationHost host) : IClassFixture<AuthorizationHost>
{
    [Fact]
    public async Task A_person_authorizes_a_connection_and_its_calls_carry_the_token()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = await host.Import(authority);
        var page = await host.Authorize(slug, ada);
        page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
        page.Text.ShouldContain($"{slug}.org.main");
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();

        var shown = await host.Connection(slug);
        (shown["status"]!.GetValue<string>(), shown["template"]!.GetValue<string>()).ShouldBe(("connected", "oauth-people"));
        shown["scopes"].Strings().ShouldBe(["read", "write"]);
        shown["variables"].Strings().ShouldBe(["accessToken", "refreshToken"]);
        shown["expiresAt"]!.GetValue<DateTimeOffset>().ShouldBeInRange(host.Clock.GetUtcNow().AddMinutes(50), host.Clock.GetUtcNow().AddMinutes(61));
        var asked = QueryHelpers.ParseQuery(new Uri("http://x" + authority.Upstream.Requests.First(request => request.Target.StartsWith("/authorize?", StringComparison.Ordinal)).Target).Query);
        (asked["scope"].ToString(), asked["code_challenge_method"].ToString(), asked["response_type"].ToString()).ShouldBe(("read write", "S256", "code"));
        asked["redirect_uri"].ToString().ShouldBe(new Uri(host.Server.BaseAddress, "/api/oauth/callback").ToString());
    }

    [Theory]
    [InlineData("client_secret_basic")]
    [InlineData("client_secret_post")]
    [InlineData("none")]
    public async Task A_client_proves_itself_as_it_was_registered(string method)
    {
        await using var authority = await Authority.Start();
        authority.AuthMethod = method;
        authority.ClientSecret = method == "none" ? null : Authority.Secret;
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        (await host.Call(await host.Connected(authority, ada))).ShouldBeOfType<ToolOutcome.Answered>();
    }

    [Fact]
    public async Task A_state_works_once()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = await host.Import(authority);
        var begun = await host.Server.Api.Post("/api/connections/oauth/start", new { owner = "org", integration = slug, name = "main" }, 200);
        var back = await Person.Consent(begun["authorizationUrl"]!.GetValue<string>());
        (await ada.Get(back)).Status.ShouldBe(HttpStatusCode.OK);
        (await ada.Get(back)).Status.ShouldBe(HttpStatusCode.Forbidden);
        authority.Forms("/token").Count().ShouldBe(1);
    }

    [Fact]
    public async Task Somebody_else_cannot_end_it_and_the_person_who_began_it_still_can()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        using var eve = await Invited("eve@example.com");
        var slug = await host.Import(authority);
        var begun = await host.Server.Api.Post("/api/connections/oauth/start", new { owner = "org", integration = slug, name = "main" }, 200);
        var back = await Person.Consent(begun["authorizationUrl"]!.GetValue<string>());

        (await eve.Get(back)).Status.ShouldBe(HttpStatusCode.Forbidden);
        using var stranger = new Person(host.Server.BaseAddress);
        var sent = await stranger.Get(back);
        sent.Location.ShouldNotBeNull().ShouldStartWith("/sign-in?return=");
        authority.Forms("/token").ShouldBeEmpty();
        (await ada.Get(back)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task It_does_not_work_after_its_time()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = await host.Import(authority);
        var begun = await host.Server.Api.Post("/api/connections/oauth/start", new { owner = "org", integration = slug, name = "main" }, 200);
        var back = await Person.Consent(begun["authorizationUrl"]!.GetValue<string>());
        host.Clock.Advance(TimeSpan.FromMinutes(16));
        (await ada.Get(back)).Status.ShouldBe(HttpStatusCode.Forbidden);
        authority.Forms("/token").ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_begun_survives_a_restart()
    {
        await using var server = await ToolgateServer.Start(AuthorizationHost.Settings);
        await using var authority = await Authority.Start();
        var slug = AuthorizationHost.NewSlug();
        await server.Api.Post("/api/integrations/mcp", new { slug, transport = "http", url = authority.Url + "/mcp" }, 201);
        var begun = await server.Api.Post("/api/connections/oauth/start", new { owner = "user", integration = slug, name = "mine" }, 200);
        await server.Restart();
        using var ada = await Person.SignIn(server.BaseAddress);
        (await ada.Follow(begun["authorizationUrl"]!.GetValue<string>())).Text.ShouldContain("tools that are reachable through it: 1");
        (await server.Api.Get($"/api/connections/user/{slug}/mine"))["status"]!.GetValue<string>().ShouldBe("connected");
    }

    [Fact]
    public async Task A_refusal_is_shown_as_text_and_makes_nothing()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = await host.Import(authority);
        authority.Consent = _ => "error=access_denied&error_description=" + Uri.EscapeDataString("<script>no</script>\u202E\r\n");
        var page = await host.Authorize(slug, ada);
        (page.Status, page.Text.Contains("access_denied", StringComparison.Ordinal), page.Text.Contains('\u202E')).ShouldBe((HttpStatusCode.BadRequest, true, false));
        await host.Server.Api.Get($"/api/connections/org/{slug}/main", 404);
    }

    [Fact]
    public async Task Members_authorize_their_own_and_not_what_is_shared()
    {
        await using var authority = await Authority.Start();
        var slug = await host.Import(authority);
        var id = (await host.Server.Api.Post("/api/members", new { name = "Member", role = "member" }, 201))["id"]!.GetValue<string>();
        var key = (await host.Server.Api.Post("/api/account/api-keys", new { name = "test", memberId = id }, 201))["value"]!.GetValue<string>();
        using var member = host.Server.Api.As(key);
        await member.Post("/api/connections/oauth/start", new { owner = "org", integration = slug, name = "main" }, 403);
        await member.Post("/api/connections/oauth/start", new { owner = "user", integration = slug, name = "main" }, 200);
        await member.Get("/api/oauth/clients", 403);
        await member.Post("/api/oauth/clients", new { integration = slug, clientId = "x" }, 403);
    }

    [Fact]
    public async Task Without_a_client_the_answer_says_how_to_register_one()
    {
        await using var authority = await Authority.Start();
        var slug = await host.Import(authority, withClient: false);
        var problem = await host.Server.Api.Post("/api/connections/oauth/start", new { owner = "org", integration = slug, name = "main" }, 422);
        problem.Code().ShouldBe("urn:toolgate:problem:oauth-client-required");
        problem["detail"]!.GetValue<string>().ShouldContain("/api/oauth/callback");
    }

    [Fact]
    public async Task A_client_is_listed_without_its_secret_and_its_removal_ends_what_was_authorized_with_it()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = await host.Connected(authority, ada);
        var listed = (await host.Server.Api.Get("/api/oauth/clients"))["items"]!.AsArray().Single(item => item!["integration"]?.GetValue<string>() == slug)!;
        listed.ToJsonString().ShouldNotContain("canary");
        (listed["issuer"]!.GetValue<string>(), listed["hasSecret"]!.GetValue<bool>()).ShouldBe((authority.Url, true));

        await host.Server.Api.Delete($"/api/oauth/clients/{listed["id"]!.GetValue<string>()}");
        authority.RevokeAccess();
        (await host.Call(slug)).Error().Code.ShouldBe("oauth_reauth_required");
        authority.Refreshes.ShouldBe(0);
    }

    [Fact]
    public async Task A_removed_connection_gives_its_tokens_back()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = await host.ImportServer(authority);
        (await host.Authorize(slug, ada)).Status.ShouldBe(HttpStatusCode.OK);
        await host.Server.Api.Delete($"/api/connections/org/{slug}/main");
        await Patience.Until(() => authority.RefreshToken is null, "the revocation");
        authority.Forms("/revoke").ShouldHaveSingleItem()["token_type_hint"].ShouldBe("refresh_token");
        await using var connection = new NpgsqlConnection(host.Server.Database.ConnectionString);
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand("select count(*) from toolgate.oauth_tokens t left join toolgate.secrets s on s.id = t.secret_id where s.id is null", connection);
        (await count.ExecuteScalarAsync()).ShouldBe(0L);
    }

    private async Task<Person> Invited(string email)
    {
        var invite = await host.Server.Api.Post("/api/invites", new { role = "admin" }, 201);
        var link = new Uri(invite["url"]!.GetValue<string>());
        var person = new Person(host.Server.BaseAddress);
        var value = QueryHelpers.ParseQuery(link.Query)["invite"].ToString();
        (await person.Post("/sign-up", ("link", value), ("name", "Eve"), ("email", email), ("password", AuthorizationHost.Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
        return person;
    }
}
