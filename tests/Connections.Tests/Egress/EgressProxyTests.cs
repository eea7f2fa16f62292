using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Egress;

public sealed class EgressProxyTests : IAsyncLifetime
{
    private const string Credentials = "proxy-user:proxy-canary-5e1b";
    private static readonly string Proof = "Basic " + Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(Credentials));
    private static readonly AuthTemplate Template = new("key", AuthKind.ApiKey, null, [new Placement(Carrier.Header, "X-Key", null, "token")]);
    private static readonly PreparedAuth Auth = PreparedAuth.Of(Template, new Dictionary<string, string> { ["token"] = "k3y" })!;
    private ProxyServer proxy = null!;
    private Upstream upstream = null!;

    public async Task InitializeAsync()
    {
        proxy = ProxyServer.Start();
        upstream = await Upstream.Start(context => context.Response.WriteAsync("answer"));
        proxy.Upstream = upstream.Port;
    }

    public async Task DisposeAsync()
    {
        await upstream.DisposeAsync();
        await proxy.DisposeAsync();
    }

    [Fact]
    public async Task A_request_in_the_clear_goes_to_the_proxy_in_absolute_form()
    {
        (await Send("http://api.example/a?x=1")).ShouldBe((200, "answer"));
        var head = proxy.Heads.ShouldHaveSingleItem();
        head.ShouldStartWith("GET http://api.example/a?x=1 HTTP/1.1\r\n");
        head.ShouldContain($"\r\nProxy-Authorization: {Proof}\r\n");
        var received = upstream.Requests.ShouldHaveSingleItem();
        (received.Target, received.Headers["Host"], received.Headers["X-Key"]).ShouldBe(("/a?x=1", "api.example", "k3y"));
    }

    [Fact]
    public async Task A_request_over_https_goes_through_a_tunnel_to_the_address_that_was_judged()
    {
        // The name answers with loopback ever after: neither Toolgate nor the proxy may ask again.
        var resolver = new Turning(IPAddress.Parse("8.8.8.8"), IPAddress.Loopback);
        await Should.ThrowAsync<HttpRequestException>(() => Send("https://api.example/a", resolver: resolver));
        resolver.Asked.ShouldBe(1);
        var head = proxy.Heads.ShouldHaveSingleItem();
        head.ShouldStartWith("CONNECT 8.8.8.8:443 HTTP/1.1\r\nHost: 8.8.8.8:443\r\n");
        head.ShouldContain($"\r\nProxy-Authorization: {Proof}\r\n");
        head.ShouldNotContain("k3y");
        var hello = proxy.Tunnelled.ShouldHaveSingleItem();
        hello.ShouldContain("api.example", customMessage: "the certificate is still asked of the name");
        hello.ShouldNotContain("canary");
    }

    [Fact]
    public async Task An_ipv6_address_stands_in_brackets()
    {
        await Should.ThrowAsync<HttpRequestException>(() => Send("https://api.example:8443/", resolver: new Turning(IPAddress.Parse("2606:4700:4700::1111"))));
        proxy.Heads.ShouldHaveSingleItem().ShouldStartWith("CONNECT [2606:4700:4700::1111]:8443 HTTP/1.1\r\n");
    }

    [Theory]
    [InlineData("//169.254.169.254/latest/meta-data/")]
    [InlineData("//[::ffff:169.254.169.254]/")]
    [InlineData("//metadata.google.internal/")]
    [InlineData("//10.0.0.1/")]
    [InlineData("//127.0.0.1/")]
    [InlineData("//[::1]/")]
    [InlineData("//0x7f000001/")]
    [InlineData("//inside.example/")]
    public async Task A_forbidden_target_never_reaches_the_proxy(string target)
    {
        foreach (var scheme in new[] { "http:", "https:" })
        {
            (await Refusal(() => Send(scheme + target, resolver: new Turning(IPAddress.Parse("192.168.7.7"))))).ShouldNotBeNull();
        }

        proxy.Connections.ShouldBe(0);
    }

    [Theory]
    [InlineData("http://10.0.0.1/")]
    [InlineData("https://[fd00::1]/")]
    [InlineData("http://localhost/")]
    [InlineData("https://a.localhost./")]
    [InlineData("http://metadata.goog/")]
    public async Task Where_the_proxy_looks_names_up_addresses_and_known_names_are_judged_here_nevertheless(string url)
    {
        (await Refusal(() => Send(url, change: options => options.ProxyResolvesNames = true))).ShouldNotBeNull();
        proxy.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Where_the_proxy_looks_names_up_it_gets_the_name()
    {
        await Should.ThrowAsync<HttpRequestException>(() => Send("https://api.example/", resolver: new Turning(), change: options => options.ProxyResolvesNames = true));
        proxy.Heads.ShouldHaveSingleItem().ShouldStartWith("CONNECT api.example:443 HTTP/1.1\r\n");
    }

    [Fact]
    public async Task Each_hop_of_a_redirect_is_judged_before_the_proxy_hears_of_it()
    {
        upstream.Answer = context =>
        {
            context.Response.Redirect("http://10.0.0.1/");
            return Task.CompletedTask;
        };
        (await Refusal(() => Send("http://api.example/"))).ShouldNotBeNull();
        proxy.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Credentials_of_the_proxy_do_not_follow_a_redirect_past_it()
    {
        await using var direct = await Upstream.Start(context => context.Response.WriteAsync("direct"));
        upstream.Answer = context =>
        {
            context.Response.Redirect($"http://near.example:{direct.Port}/");
            return Task.CompletedTask;
        };
        (await Send("http://api.example/", resolver: new Named(), change: options =>
        {
            options.AllowedNetworks = ["127.0.0.0/8"];
            options.NoProxy = ["near.example"];
        })).ShouldBe((200, "direct"));
        direct.Requests.ShouldHaveSingleItem().Headers.Keys.ShouldNotContain("Proxy-Authorization");
        proxy.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task What_a_request_says_to_a_proxy_of_its_own_accord_is_not_passed_on()
    {
        await Send($"http://near.example:{upstream.Port}/", resolver: new Named(), header: ("Proxy-Authorization", "mine"), change: options =>
        {
            options.AllowedNetworks = ["127.0.0.0/8"];
            options.NoProxy = ["near.example"];
        });
        upstream.Requests.ShouldHaveSingleItem().Headers.Keys.ShouldNotContain("Proxy-Authorization");
    }

    [Theory]
    [InlineData("near.example", true)]
    [InlineData("NEAR.example.", true)]
    [InlineData("a.near.example", false)]
    [InlineData("a.below.example", true)]
    [InlineData("a.b.below.example", true)]
    [InlineData("below.example", false)]
    [InlineData("notbelow.example", false)]
    [InlineData("10.20.3.4", true)]
    [InlineData("10.21.3.4", false)]
    [InlineData("[fd00::7]", true)]
    [InlineData("api.example", false)]
    public void Targets_that_are_reached_directly_are_named(string host, bool direct)
        => EgressProxy.Of(new EgressOptions { Proxy = proxy.Url, NoProxy = ["near.example", "*.below.example", "10.20.0.0/16", "fd00::/64"] }, new SystemNameResolver())!
            .Takes(new Uri($"http://{host}/")).ShouldBe(!direct);

    [Theory]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", "The egress proxy does not take the credentials that are configured for it.")]
    public async Task Credentials_that_the_proxy_does_not_take_are_named_and_not_told(string answer, string message)
    {
        proxy.Refusal = answer;
        foreach (var url in new[] { "http://api.example/", "https://api.example/" })
        {
            var fault = await Should.ThrowAsync<Exception>(() => Send(url));
            fault.GetBaseException().ShouldBeOfType<EgressProxyException>().Message.ShouldBe(message);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 403 Forbidden\r\n\r\n", "The egress proxy did not open a connection (status 403).")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\n\r\n", "The egress proxy did not open a connection (status 502).")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "The egress proxy does not speak HTTP.")]
    [InlineData("", "The egress proxy hung up.")]
    public async Task A_tunnel_that_is_not_opened_says_why(string answer, string message)
    {
        proxy.Refusal = answer;
        (await Should.ThrowAsync<Exception>(() => Send("https://api.example/"))).GetBaseException().ShouldBeOfType<EgressProxyException>().Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("http://proxy.internal:3128", null, true)]
    [InlineData("http://user:p%40ss@proxy.internal:3128/", null, true)]
    [InlineData("https://proxy.internal:3128", null, false)]
    [InlineData("socks5://proxy.internal:1080", null, false)]
    [InlineData("proxy.internal:3128", null, false)]
    [InlineData("http://proxy.internal:3128/path", null, false)]
    [InlineData("http://proxy.internal:3128", "name:pass", true)]
    [InlineData("http://proxy.internal:3128", "name", false)]
    [InlineData("http://proxy.internal:3128", "name:pa\r\nss", false)]
    public void A_setting_that_is_no_proxy_is_refused_at_the_start(string url, string? credentials, bool valid)
        => new EgressOptions { Proxy = url, ProxyCredentials = credentials }.HasValidProxy().ShouldBe(valid);

    [Fact]
    public void Credentials_come_from_the_url_or_from_a_setting_of_their_own()
    {
        EgressProxy.Of(new EgressOptions { Proxy = "http://user:p%40ss@127.0.0.1:1" }, new SystemNameResolver())!
            .Authorization.ShouldBe("Basic " + Convert.ToBase64String("user:p@ss"u8));
        EgressProxy.Of(new EgressOptions { Proxy = "http://127.0.0.1:1", ProxyCredentials = Credentials }, new SystemNameResolver())!.Authorization.ShouldBe(Proof);
        EgressProxy.Of(new EgressOptions(), new SystemNameResolver()).ShouldBeNull();
    }

    [Fact]
    public async Task A_proxy_that_is_down_ends_the_call_with_a_word_about_it_and_a_second_way_is_not_taken()
    {
        var gone = ProxyServer.Start();
        var url = gone.Url;
        await gone.DisposeAsync();
        await using var server = await ToolgateServer.Start(new Dictionary<string, string>(ConnectionsServer.Settings)
        {
            ["Toolgate:Egress:Proxy"] = url,
            ["Toolgate:Egress:ProxyCredentials"] = Credentials,
        });
        await server.Api.Post("/api/integrations/openapi", new { slug = "far", spec = new { document = Documents.Tracker(upstream.Url) } }, 201);
        await server.Api.Post("/api/connections", new { owner = "org", integration = "far", name = "main", template = "none" }, 201);
        var test = await server.Api.Post("/api/connections/org/far/main/test", expect: 200);
        test["outcome"]!.GetValue<string>().ShouldBe("unreachable");
        test["detail"]!.GetValue<string>().ShouldBe("The egress proxy cannot be reached.");
        upstream.Requests.ShouldBeEmpty();
        string.Join('\n', server.Logs.Lines).ShouldNotContain("canary");
    }

    private async Task<(int Status, string Body)> Send(
        string url, INameResolver? resolver = null, Action<EgressOptions>? change = null, (string Name, string Value)? header = null)
    {
        var options = new EgressOptions { Proxy = proxy.Url, ProxyCredentials = Credentials };
        change?.Invoke(options);
        var settings = Options.Create(options);
        using var client = new EgressClient(new EgressConnector(resolver ?? new Turning(IPAddress.Parse("8.8.8.8")), new AddressRules(settings), TimeProvider.System), settings);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (header is var (name, value))
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

    /// <summary>Answers in turn, the last answer ever after.</summary>
    private sealed class Turning(params IPAddress[] addresses) : INameResolver
    {
        public int Asked { get; private set; }

        public Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken)
            => Task.FromResult(addresses.Length == 0 ? [] : new[] { addresses[Math.Min(Asked++, addresses.Length - 1)] });
    }

    /// <summary><c>near.example</c> is here, everything else far away.</summary>
    private sealed class Named : INameResolver
    {
        public Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken)
            => Task.FromResult(new[] { host == "near.example" ? IPAddress.Loopback : IPAddress.Parse("8.8.8.8") });
    }
}
