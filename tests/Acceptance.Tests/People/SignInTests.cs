using Microsoft.Extensions.DependencyInjection;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>How long people stay in, from where, and what is seen of it.</summary>
public sealed class SignInTests
{
    private const string Email = "ada@example.com";
    private const string Password = "correct horse battery";

    [Fact]
    public async Task a_sign_in_that_nobody_uses_ends_and_one_in_use_goes_on()
    {
        var clock = new Shifted();
        await using var server = await Start(clock, ("Toolgate:SignIn:IdleTimeout", "1.00:00:00"), ("Toolgate:SignIn:Lifetime", "30.00:00:00"));
        using var used = new Browser(server.BaseAddress);
        using var unused = new Browser(server.BaseAddress);
        await SignIn(used);
        await SignIn(unused);
        used.SetCookie!.ShouldContain("max-age=2592000");

        clock.Shift = TimeSpan.FromHours(20);
        ((int)(await used.Get("/api/account/me")).Status).ShouldBe(200);
        var before = (await used.Get("/api/account/sessions")).Json.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("current").GetBoolean());
        before.GetProperty("lastSeenAt").GetDateTimeOffset().ShouldBeGreaterThan(before.GetProperty("createdAt").GetDateTimeOffset().AddHours(19));

        clock.Shift = TimeSpan.FromHours(30);
        ((int)(await unused.Get("/api/account/me")).Status).ShouldBe(401);
        (await used.Get("/api/account/sessions")).Json.GetProperty("items").GetArrayLength().ShouldBe(1);

        // What was noted is there after a restart: else this one, begun 35 hours ago, would count as idle.
        await server.Restart();
        clock.Shift = TimeSpan.FromHours(35);
        ((int)(await used.Get("/api/account/me")).Status).ShouldBe(200);
    }

    [Fact]
    public async Task the_last_use_of_a_key_is_shown_survives_a_restart_and_is_no_event()
    {
        await using var server = await Start(new Shifted());
        var key = await server.Api.Post("/api/account/api-keys", new { name = "agent" }, 201);
        (await server.Api.Get($"/api/account/api-keys/{key["id"]}"))["lastUsedAt"].ShouldBeNull();
        var head = (long)(await server.Api.Get("/api/audit/events?limit=1"))["items"]![0]!["position"]!;

        using var agent = server.Api.As((string)key["value"]!);
        await agent.Get("/api/account/me");
        var used = (string)(await server.Api.Get($"/api/account/api-keys/{key["id"]}"))["lastUsedAt"]!;

        await server.Restart();
        var after = (string)(await server.Api.Get($"/api/account/api-keys/{key["id"]}"))["lastUsedAt"]!;
        (DateTimeOffset.Parse(after, null) - DateTimeOffset.Parse(used, null)).Duration().ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
        ((long)(await server.Api.Get("/api/audit/events?limit=1"))["items"]![0]!["position"]!).ShouldBe(head);
    }

    [Fact]
    public async Task strangers_who_guess_keep_out_nobody_who_was_in_before()
    {
        await using var server = await Start(new Shifted());
        using var known = new Browser(server.BaseAddress);
        await SignIn(known);
        known.Cookies.Keys.ShouldContain("__Host-toolgate-device");
        known.Cookie = null;
        using var stranger = new Browser(server.BaseAddress);
        Page last = null!;
        for (var attempt = 0; attempt < 7; attempt++)
        {
            last = await stranger.Json(HttpMethod.Post, "/api/account/sign-in", new { email = Email, password = "guess number " + attempt });
        }

        ((int)last.Status).ShouldBe(429);
        await SignIn(known);
        stranger.Cookies["__Host-toolgate-device"] = "a value that somebody made up";
        ((int)(await stranger.Json(HttpMethod.Post, "/api/account/sign-in", new { email = Email, password = Password })).Status).ShouldBe(429);
    }

    [Fact]
    public async Task pages_refuse_what_is_no_person_and_writes_of_nobody()
    {
        await using var server = await Start(new Shifted());
        using var browser = new Browser(server.BaseAddress);
        ((int)(await browser.Post("/sign-out", ("csrf", "x"))).Status).ShouldBe(401);
        await SignIn(browser);
        ((int)(await browser.Get("/")).Status).ShouldBe(200);

        browser.Headers["Authorization"] = "Bearer " + server.OwnerKey;
        ((int)(await browser.Get("/")).Status).ShouldBe(401, "a request with a credential is judged by that alone");
    }

    [Fact]
    public async Task pages_behind_a_proxy_that_adds_a_path_lead_to_that_path()
    {
        await using var server = await Start(new Shifted(), ("Toolgate:PublicUrl", "https://tools.example/gate"));
        using var browser = new Browser(server.BaseAddress);

        var sent = await browser.Get("/?x=1");
        sent.Location.ShouldBe("/gate/sign-in?return=%2F%3Fx%3D1");
        var form = await browser.Get("/sign-in?return=%2F%3Fx%3D1");
        form.Text.ShouldContain("action=\"/gate/sign-in\"");
        form.Text.ShouldContain("href=\"/gate/pages.css\"");
        (await browser.Post("/sign-in", ("return", form.Hidden("return")), ("email", Email), ("password", Password))).Location.ShouldBe("/gate/?x=1");
        (await browser.Get("/")).Text.ShouldContain("action=\"/gate/sign-out\"");
    }

    [Fact]
    public async Task a_reset_link_ends_with_a_promotion_and_an_invite_with_its_issuer()
    {
        await using var server = await Start(new Shifted());
        using var admin = new Browser(server.BaseAddress);
        using var member = new Browser(server.BaseAddress);
        var (adminId, adminCsrf) = await Join(server, admin, "admin", "grace@example.com");
        var (memberId, memberCsrf) = await Join(server, member, "member", "bob@example.com");
        var reset = await admin.Json(HttpMethod.Post, $"/api/members/{memberId}/password-reset", new { }, adminCsrf);
        var invite = await admin.Json(HttpMethod.Post, "/api/invites", new { }, adminCsrf);
        var resetPath = new Uri(reset.Json.GetProperty("url").GetString()!).PathAndQuery;
        var invitePath = new Uri(invite.Json.GetProperty("url").GetString()!).PathAndQuery;
        using var somebody = new Browser(server.BaseAddress);
        ((int)(await somebody.Get(resetPath)).Status).ShouldBe(200);
        ((int)(await somebody.Get(invitePath)).Status).ShouldBe(200);

        await server.Api.Patch($"/api/members/{memberId}", new { role = "owner" });
        ((int)(await somebody.Get(resetPath)).Status).ShouldBe(404);
        ((int)(await somebody.Post("/reset-password", ("link", resetPath.Split('=')[1]), ("password", "a new password for bob"))).Status).ShouldBe(404);
        await server.Api.Delete($"/api/members/{adminId}");
        ((int)(await somebody.Get(invitePath)).Status).ShouldBe(404);

        (await member.Json(HttpMethod.Patch, $"/api/members/{memberId}", new { name = "Robert" }, memberCsrf)).Json.GetProperty("name").GetString().ShouldBe("Robert");
    }

    private static Task<ToolgateServer> Start(Shifted clock, params (string Name, string Value)[] settings)
        => ToolgateServer.Start(
            new Dictionary<string, string>(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)))
            {
                ["Toolgate:Owner:Email"] = Email,
                ["Toolgate:Owner:Password"] = Password,
            },
            services => services.AddSingleton<TimeProvider>(clock));

    private static async Task SignIn(Browser browser)
    {
        var answer = await browser.Json(HttpMethod.Post, "/api/account/sign-in", new { email = Email, password = Password });
        ((int)answer.Status).ShouldBe(200, answer.Text);
    }

    private static async Task<(string Id, string Csrf)> Join(ToolgateServer server, Browser browser, string role, string email)
    {
        var invite = await server.Api.Post("/api/invites", new { role, email }, 201);
        var answer = await browser.Json(
            HttpMethod.Post, "/api/account/sign-up", new { invite = ((string)invite["url"]!).Split('=')[1], name = email, email, password = $"a password of {email}!" });
        ((int)answer.Status).ShouldBe(200, answer.Text);
        return (answer.Json.GetProperty("id").GetString()!, answer.Json.GetProperty("csrfToken").GetString()!);
    }

    /// <summary>A clock that can be put forward.</summary>
    private sealed class Shifted : TimeProvider
    {
        private long ticks;

        public TimeSpan Shift
        {
            get => TimeSpan.FromTicks(Volatile.Read(ref ticks));
            set => Volatile.Write(ref ticks, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
