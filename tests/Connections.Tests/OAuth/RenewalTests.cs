using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.OAuth;

public sealed class RenewalTests(AuthorizationHost host) : IClassFixture<AuthorizationHost>, IAsyncLifetime
{
    private Authority authority = null!;
    private Person ada = null!;

    public async Task InitializeAsync()
    {
        authority = await Authority.Start();
        ada = await Person.SignIn(host.Server.BaseAddress);
    }

    public async Task DisposeAsync()
    {
        ada.Dispose();
        await authority.DisposeAsync();
    }

    [Fact]
    public async Task Tokens_are_renewed_a_minute_before_their_end_and_rotate()
    {
        var slug = await host.Connected(authority, ada);
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        authority.Refreshes.ShouldBe(0);
        host.Clock.Advance(TimeSpan.FromSeconds(3600 - 59));
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        host.Clock.Advance(TimeSpan.FromSeconds(3600 - 59));
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        (authority.Refreshes, authority.SawReuse).ShouldBe((2, false));
    }

    [Fact]
    public async Task Calls_at_once_renew_once()
    {
        var slug = await host.Connected(authority, ada);
        host.Clock.Advance(TimeSpan.FromHours(2));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Call(slug).AsTask()));
        outcomes.ShouldAllBe(outcome => outcome is ToolOutcome.Answered);
        (authority.Refreshes, authority.SawReuse).ShouldBe((1, false));
    }

    [Fact]
    public async Task A_token_that_ended_early_is_renewed_and_the_call_sent_once_more()
    {
        var slug = await host.Connected(authority, ada);
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        authority.RevokeAccess();
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        authority.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task An_upstream_that_takes_no_token_is_asked_twice_and_no_more()
    {
        var slug = await host.Connected(authority, ada);
        authority.Lies["/issues"] = Say(401, "{}");
        (await host.Call(slug)).Error().Code.ShouldBe("connection_rejected");
        (authority.Refreshes, authority.Upstream.Requests.Count(request => request.Target == "/issues")).ShouldBe((1, 2));
        (await host.Connection(slug))["status"]!.GetValue<string>().ShouldBe("connected", "one upstream's 401 is no word of the authorization server");
    }

    [Fact]
    public async Task A_refused_renewal_ends_the_authorization_once_and_a_person_repairs_it()
    {
        var slug = await host.Connected(authority, ada);
        authority.RevokeAll();
        var error = (await host.Call(slug)).Error();
        error.Code.ShouldBe("oauth_reauth_required");
        JsonNode.Parse(error.Details())!["url"]!.GetValue<string>().ShouldBe(new Uri(host.Server.BaseAddress, $"/connect/org/{slug}/main").ToString());
        (await host.Connection(slug))["status"]!.GetValue<string>().ShouldBe("reauth_required");
        var asked = authority.Upstream.Requests.Count;
        (await host.Call(slug)).Error().Code.ShouldBe("oauth_reauth_required");
        authority.Upstream.Requests.Count.ShouldBe(asked, "nobody is asked again");
        (await Events(slug)).OfType<ConnectionReauthorizationRequired>().ShouldHaveSingleItem().Reason.ShouldBe("invalid_grant");

        (await host.Authorize(slug, ada)).Status.ShouldBe(HttpStatusCode.OK);
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        (await host.Connection(slug))["status"]!.GetValue<string>().ShouldBe("connected");
        (await Events(slug)).Select(e => e.GetType()).ShouldBe([
            typeof(ConnectionCreated), typeof(ConnectionAuthorized), typeof(ConnectionReauthorizationRequired), typeof(ConnectionCredentialsReplaced), typeof(ConnectionAuthorized),
        ]);
    }

    [Fact]
    public async Task Renewed_tokens_are_in_the_vault_before_they_are_used()
    {
        var slug = await host.Connected(authority, ada);
        host.Clock.Advance(TimeSpan.FromHours(2));
        Grant? stored = null;
        authority.Api = async context =>
        {
            var secret = (await Events(slug)).OfType<ConnectionAuthorized>().Single().SecretId;
            stored = await host.Server.Services.GetRequiredService<GrantStore>().Read(secret, CancellationToken.None);
            await Say(200, "{}")(context);
        };
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        stored.ShouldNotBeNull();
        (stored.AccessToken, stored.RefreshToken).ShouldBe((authority.AccessToken, authority.RefreshToken));
    }

    [Fact]
    public async Task Two_hosts_that_need_a_token_at_once_ask_for_one()
    {
        var clock = new ForwardClock();
        var settings = AuthorizationHost.Settings;
        settings["ConnectionStrings:Toolgate"] = host.Server.Database.ConnectionString;
        await using var other = await ToolgateServer.Start(settings, services => services.AddSingleton<TimeProvider>(clock));
        var slug = await host.Connected(authority, ada);
        await Patience.Until(() => other.Services.GetRequiredService<IReadModels>().Current.Get<ConnectionsState>().Connections.Keys.Any(key => key.Integration == slug), "the other host");
        for (var round = 1; round <= 5; round++)
        {
            host.Clock.Advance(TimeSpan.FromHours(1));
            clock.Advance(host.Clock.GetUtcNow() - clock.GetUtcNow());
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(number => host.Call(slug, number % 2 == 0 ? host.Server : other).AsTask()));
            outcomes.ShouldAllBe(outcome => outcome is ToolOutcome.Answered);
            (authority.Refreshes, authority.SawReuse).ShouldBe((round, false));
        }
    }

    [Fact]
    public async Task What_a_host_that_died_did_not_store_ends_in_a_link_and_not_in_a_loop()
    {
        var slug = await host.Connected(authority, ada);
        var secret = (await Events(slug)).OfType<ConnectionAuthorized>().Single().SecretId;

        // The other host got the tokens and died before it stored them: its turn runs out, and the refresh token is spent.
        var store = host.Server.Services.GetRequiredService<GrantStore>();
        (await store.Take(secret, "the dead")).ShouldNotBeNull();
        var spent = (await store.Read(secret, CancellationToken.None))!.RefreshToken!;
        using (var dead = new HttpClient())
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, authority.Url + "/token") { Content = new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("refresh_token", spent)]) };
            new ClientProof(Authority.Client, Authority.Secret, ClientProof.Basic).AddTo(request, []);
            (await dead.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await store.Release(secret, "the dead");
        host.Clock.Advance(TimeSpan.FromHours(2));
        (await host.Call(slug)).Error().Code.ShouldBe("oauth_reauth_required");
        (await host.Call(slug)).Error().Code.ShouldBe("oauth_reauth_required");
        authority.Refreshes.ShouldBe(2);
    }

    [Fact]
    public async Task A_token_endpoint_that_hangs_holds_nobody_and_what_it_gives_after_a_removal_is_given_back()
    {
        var slug = await host.ImportServer(authority);
        (await host.Authorize(slug, ada)).Status.ShouldBe(HttpStatusCode.OK);
        authority.RevokeAccess();
        var (asked, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        authority.Lies["/revoke"] = Say(200, "{}");
        authority.Lies["/token"] = async context =>
        {
            asked.SetResult();
            await go.Task;
            await authority.Usual(context);
        };
        var call = host.Call(slug, tool: "look").AsTask();
        await asked.Task;
        await host.Server.Api.Delete($"/api/connections/org/{slug}/main");
        call.IsCompleted.ShouldBeFalse();
        go.SetResult();
        (await call).Error().Code.ShouldBe("connection_rejected");
        await Patience.Until(() => authority.Forms("/revoke").Any(form => form["token"] == authority.RefreshToken), "the new tokens are given back");
    }

    [Theory]
    [InlineData(400, """{"error":"invalid_request","error_description":"canary-description"}""", "oauth_refresh_failed")]
    [InlineData(400, "canary", "oauth_refresh_failed")]
    [InlineData(200, """{"error":"invalid_grant"}""", "oauth_reauth_required")]
    [InlineData(200, """{"access_token":"canary","token_type":"DPoP"}""", "oauth_refresh_failed")]
    [InlineData(200, """{"access_token":"canary\r\nX: y","token_type":"Bearer"}""", "oauth_refresh_failed")]
    [InlineData(200, """{"access_token":"canary","access_token":"b","token_type":"Bearer"}""", "oauth_refresh_failed")]
    [InlineData(500, "canary", "upstream_unavailable")]
    [InlineData(429, "canary", "upstream_unavailable")]
    [InlineData(302, "", "upstream_unavailable")]
    public async Task What_the_token_endpoint_says_wrongly_is_named_and_not_repeated(int status, string body, string code)
    {
        var slug = await host.Connected(authority, ada);
        authority.RevokeAccess();
        authority.Lies["/token"] = Say(status, body);
        var error = (await host.Call(slug)).Error();
        error.Code.ShouldBe(code);
        error.ToString().ShouldNotContain("canary");
        authority.Lies.Clear();
        if (code != "oauth_reauth_required")
        {
            (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>("a failure is not kept");
        }
    }

    [Fact]
    public async Task An_answer_of_ten_megabytes_is_no_token()
    {
        var slug = await host.Connected(authority, ada);
        authority.RevokeAccess();
        authority.Lies["/token"] = Say(200, $$"""{"access_token":"a","token_type":"Bearer","more":"{{new string('x', 10_000_000)}}"}""");
        (await host.Call(slug)).Error().Code.ShouldBe("oauth_refresh_failed");
    }

    [Fact]
    public async Task A_token_endpoint_that_is_away_costs_nothing_while_the_token_still_lives()
    {
        var slug = await host.Connected(authority, ada);
        host.Clock.Advance(TimeSpan.FromSeconds(3600 - 30));
        authority.Lies["/token"] = Say(503, "");
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        authority.Refreshes.ShouldBe(1);
        host.Clock.Advance(TimeSpan.FromSeconds(40));
        (await host.Call(slug)).Error().Code.ShouldBe("upstream_unavailable");
    }

    [Fact]
    public async Task Without_a_refresh_token_the_end_of_the_token_ends_the_authorization()
    {
        authority.GivesRefreshTokens = false;
        var slug = await host.Connected(authority, ada);
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        host.Clock.Advance(TimeSpan.FromHours(2));
        (await host.Call(slug)).Error().Code.ShouldBe("oauth_reauth_required");
        (await Events(slug)).OfType<ConnectionReauthorizationRequired>().ShouldHaveSingleItem().Reason.ShouldBe("expired");
    }

    [Fact]
    public async Task A_token_without_an_end_is_used_until_it_is_refused()
    {
        authority.Life = null;
        var slug = await host.Connected(authority, ada);
        host.Clock.Advance(TimeSpan.FromDays(400));
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        authority.Refreshes.ShouldBe(0);
    }

    [Fact]
    public async Task An_upstream_that_wants_more_scopes_leads_to_the_page_that_asks_for_all()
    {
        var slug = await host.Import(authority);
        (await host.Authorize(slug, ada, scopes: new[] { "read" })).Status.ShouldBe(HttpStatusCode.OK);
        authority.Api = context =>
        {
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"insufficient_scope\", scope=\"write admin\"";
            return Say(403, "{}")(context);
        };
        var error = (await host.Call(slug)).Error();
        error.Code.ShouldBe("oauth_reauth_required");
        var details = JsonNode.Parse(error.Details())!;
        details["scopes"].Strings().ShouldBe(["read", "write", "admin"]);
        details["url"]!.GetValue<string>().ShouldEndWith("?scope=read%20write%20admin");
        (await host.Connection(slug))["status"]!.GetValue<string>().ShouldBe("connected", "other calls go on");
    }

    private async Task<object[]> Events(string slug)
    {
        var events = new List<object>();
        await foreach (var e in host.Server.Services.GetRequiredService<IEventStore>().ReadStream($"connection-org-{slug}-main"))
        {
            events.Add(e.Data);
        }

        return [.. events];
    }

    private static RequestDelegate Say(int status, string body) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        if (status == 302)
        {
            context.Response.Headers.Location = "/elsewhere";
        }

        return context.Response.WriteAsync(body);
    };
}
