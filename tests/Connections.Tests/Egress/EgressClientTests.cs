using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections.Tests.Egress;

public sealed class EgressClientTests : IAsyncLifetime
{
    private static readonly AuthTemplate Everywhere = new("multi", AuthKind.ApiKey, null,
    [
        new Placement(Carrier.Header, "Authorization", "Bearer ", "token"),
        new Placement(Carrier.Header, "X-Api-Key", null, "key"),
        new Placement(Carrier.Query, "api_key", null, "key"),
    ]);

    private static readonly PreparedAuth Auth = PreparedAuth.Of(Everywhere, new Dictionary<string, string> { ["token"] = "t0ken", ["key"] = "k&y=1" })!;
    private Upstream first = null!;
    private Upstream second = null!;

    public async Task InitializeAsync()
    {
        first = await Upstream.Start(context => context.Response.WriteAsync("first"));
        second = await Upstream.Start(context => context.Response.WriteAsync("second"));
    }

    public async Task DisposeAsync()
    {
        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    [Fact]
    public async Task Credentials_reach_their_own_origin_exactly()
    {
        await Send(HttpMethod.Get, first.Url + "/a?x=1");
        var received = first.Requests.ShouldHaveSingleItem();
        received.Target.ShouldBe("/a?x=1&api_key=k%26y%3D1");
        received.Headers["Authorization"].ShouldBe("Bearer t0ken");
        received.Headers["X-Api-Key"].ShouldBe("k&y=1");
        received.Headers["User-Agent"].ShouldStartWith("Toolgate/");
    }

    [Fact]
    public async Task A_credential_replaces_whatever_the_request_had_in_its_place()
    {
        await Send(HttpMethod.Get, first.Url + "/a?API_KEY=mine&x=1", headers: ("Authorization", "Bearer mine"));
        var received = first.Requests.ShouldHaveSingleItem();
        received.Target.ShouldBe("/a?x=1&api_key=k%26y%3D1");
        received.Headers["Authorization"].ShouldBe("Bearer t0ken");
    }

    [Fact]
    public async Task A_redirect_within_the_origin_keeps_the_credentials()
    {
        first.Answer = Redirecting(first, "/a", 302, "/b?y=2");
        (await Send(HttpMethod.Get, first.Url + "/a")).ShouldBe((200, "first"));
        var hop = first.Requests.Last();
        hop.Target.ShouldBe("/b?y=2&api_key=k%26y%3D1");
        hop.Headers["X-Api-Key"].ShouldBe("k&y=1");
    }

    [Fact]
    public async Task A_redirect_to_another_origin_drops_every_credential_for_good()
    {
        // There and back: coming home does not bring the credentials back.
        first.Answer = async context =>
        {
            if (context.Request.Path == "/a")
            {
                context.Response.Redirect(second.Url + "/b?api_key=k%26y%3D1&z=3");
                return;
            }

            await context.Response.WriteAsync("home");
        };
        second.Answer = context =>
        {
            context.Response.Redirect(first.Url + "/c");
            return Task.CompletedTask;
        };
        (await Send(HttpMethod.Get, first.Url + "/a", headers: ("X-Caller", "me"))).ShouldBe((200, "home"));

        foreach (var received in new[] { second.Requests.ShouldHaveSingleItem(), first.Requests.Last() })
        {
            received.Headers.Keys.ShouldNotContain("Authorization");
            received.Headers.Keys.ShouldNotContain("X-Api-Key");
            received.Headers.Keys.ShouldNotContain("X-Caller");
            received.Target.ShouldNotContain("api_key");
        }

        second.Requests.Single().Target.ShouldBe("/b?z=3");
    }

    [Theory]
    [InlineData(301, "POST", "GET", "")]
    [InlineData(302, "POST", "GET", "")]
    [InlineData(303, "POST", "GET", "")]
    [InlineData(303, "PUT", "GET", "")]
    [InlineData(301, "PUT", "PUT", "body")]
    [InlineData(302, "DELETE", "DELETE", "body")]
    [InlineData(307, "POST", "POST", "body")]
    [InlineData(308, "POST", "POST", "body")]
    public async Task A_redirect_keeps_or_changes_the_method_as_http_says(int status, string method, string then, string body)
    {
        first.Answer = Redirecting(first, "/a", status, "/b");
        await Send(new HttpMethod(method), first.Url + "/a", "body");
        var hop = first.Requests.Last();
        (hop.Method, hop.Body).ShouldBe((then, body));
    }

    [Theory]
    [InlineData(307, "POST")]
    [InlineData(308, "POST")]
    [InlineData(301, "PUT")]
    [InlineData(302, "DELETE")]
    public async Task A_body_never_follows_a_redirect_to_another_origin(int status, string method)
    {
        first.Answer = Redirecting(first, "/a", status, second.Url + "/b");
        (await Refusal(() => Send(new HttpMethod(method), first.Url + "/a", "private"))).ShouldNotBeNull().Message.ShouldContain("body");
        second.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(303, "POST", "written")]
    [InlineData(302, "POST", "written")]
    [InlineData(307, "POST", "")]
    [InlineData(308, "GET", null)]
    public async Task Without_a_body_a_redirect_to_another_origin_is_followed(int status, string method, string? body)
    {
        first.Answer = Redirecting(first, "/a", status, second.Url + "/b");
        (await Send(new HttpMethod(method), first.Url + "/a", body)).ShouldBe((200, "second"));
        second.Requests.ShouldHaveSingleItem().Body.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://a.example/", "http://a.example/", true, true)]
    [InlineData("https://a.example/", "http://a.example/", false, false)]
    [InlineData("http://a.example/", "https://a.example/", true, false)]
    [InlineData("https://a.example/", "https://b.example/", true, false)]
    public void A_request_with_credentials_is_not_redirected_from_https_to_http(string from, string to, bool credentials, bool refused)
        => (RedirectRules.Refusal(new Uri(from), new Uri(to), carriesBody: false, credentials) is not null).ShouldBe(refused);

    [Fact]
    public async Task Five_redirects_are_followed_and_six_are_not()
    {
        var left = 5;
        first.Answer = async context =>
        {
            if (left-- > 0)
            {
                context.Response.Redirect("/again");
                return;
            }

            await context.Response.WriteAsync("there");
        };
        (await Send(HttpMethod.Get, first.Url)).ShouldBe((200, "there"));

        left = 6;
        await Should.ThrowAsync<EgressRefusedException>(() => Send(HttpMethod.Get, first.Url));
    }

    [Fact]
    public async Task A_redirect_to_no_url_is_the_upstreams_fault()
    {
        first.Answer = Redirecting(first, "/a", 302, "//");
        (await Should.ThrowAsync<HttpRequestException>(() => Send(HttpMethod.Get, first.Url + "/a"))).HttpRequestError.ShouldBe(HttpRequestError.InvalidResponse);
        first.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://0xA9FEA9FE/")]
    [InlineData("http://2852039166/")]
    [InlineData("http://0251.0376.0251.0376/")]
    [InlineData("http://metadata.google.internal/")]
    [InlineData("http://user:pass@example.org/")]
    [InlineData("ftp://example.org/")]
    [InlineData("file:///etc/passwd")]
    public async Task A_redirect_to_a_forbidden_place_is_refused_even_where_private_networks_are_allowed(string target)
    {
        first.Answer = Redirecting(first, "/a", 302, target);
        (await Refusal(() => Send(HttpMethod.Get, first.Url + "/a"))).ShouldNotBeNull();
        first.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_loopback_upstream_is_refused_by_default()
    {
        (await Refusal(() => Send(HttpMethod.Get, first.Url, options: new EgressOptions()))).ShouldNotBeNull();
        first.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_address_that_was_judged_is_the_one_that_is_dialled()
    {
        // The name answers with a public address first and with loopback ever after: there must be no second question.
        var resolver = new Rebinding(IPAddress.Parse("192.0.2.1"), IPAddress.Loopback);
        var refused = await Refusal(() => Send(
            HttpMethod.Get, $"http://rebind.example:{first.Port}/", options: new EgressOptions { AllowedNetworks = ["192.0.2.0/24"], ConnectTimeout = TimeSpan.FromMilliseconds(300) }, resolver: resolver));
        resolver.Asked.ShouldBe(1);
        refused.ShouldBeNull("the first address is allowed; it simply does not answer");
        first.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_several_addresses_only_the_allowed_ones_are_dialled()
    {
        var both = new Fixed(IPAddress.Loopback, IPAddress.Parse("169.254.169.254"), IPAddress.Parse("10.0.0.1"));
        (await Send(HttpMethod.Get, $"http://many.example:{first.Port}/", options: new EgressOptions { AllowedNetworks = ["127.0.0.0/8"] }, resolver: both)).ShouldBe((200, "first"));

        var none = new Fixed(IPAddress.Parse("10.0.0.1"), IPAddress.Parse("169.254.169.254"));
        (await Refusal(() => Send(HttpMethod.Get, "http://none.example/", options: new EgressOptions { AllowedNetworks = ["127.0.0.0/8"] }, resolver: none))).ShouldNotBeNull();
    }

    [Fact]
    public async Task An_address_that_refuses_does_not_hide_one_that_answers()
    {
        // 127.0.0.2 refuses at once on this port; 127.0.0.1 answers.
        var both = new Fixed(IPAddress.Parse("127.0.0.2"), IPAddress.Loopback);
        (await Send(HttpMethod.Get, $"http://two.example:{first.Port}/", resolver: both)).ShouldBe((200, "first"));
    }

    private static RequestDelegate Redirecting(Upstream from, string path, int status, string target) => async context =>
    {
        if (context.Request.Path == path)
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = target;
            return;
        }

        await context.Response.WriteAsync(from.Url.Length > 0 ? "first" : "");
    };

    private static async Task<(int Status, string Body)> Send(
        HttpMethod method, string url, string? body = null, EgressOptions? options = null, INameResolver? resolver = null, params (string Name, string Value)[] headers)
    {
        var settings = Options.Create(options ?? new EgressOptions { AllowPrivateNetworks = true });
        using var client = new EgressClient(new EgressConnector(resolver ?? new SystemNameResolver(), new AddressRules(settings), TimeProvider.System), settings);
        using var request = new HttpRequestMessage(method, url) { Content = body is null ? null : new StringContent(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.Send(request, Auth, CancellationToken.None);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<EgressRefusedException?> Refusal(Func<Task> act)
    {
        var exception = await Should.ThrowAsync<Exception>(act);
        return exception as EgressRefusedException ?? exception.GetBaseException() as EgressRefusedException;
    }

    private sealed class Rebinding(IPAddress first, IPAddress later) : INameResolver
    {
        public int Asked { get; private set; }

        public Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) => Task.FromResult(new[] { Asked++ == 0 ? first : later });
    }

    private sealed class Fixed(params IPAddress[] addresses) : INameResolver
    {
        public Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) => Task.FromResult(addresses);
    }
}
