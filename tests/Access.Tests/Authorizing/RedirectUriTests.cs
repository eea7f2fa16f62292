namespace Toolgate.Access.Tests;

public sealed class RedirectUriTests
{
    [Theory]
    [InlineData("https://client.example/callback")]
    [InlineData("https://client.example:8443/callback?x=1")]
    [InlineData("http://127.0.0.1/callback")]
    [InlineData("http://[::1]:8080/callback")]
    [InlineData("http://localhost:3000")]
    [InlineData("cursor://anysphere.cursor-mcp/oauth/callback")]
    [InlineData("com.example.app:/oauth")]
    public void a_web_page_a_loopback_port_and_a_scheme_of_its_own_are_acceptable(string uri) => RedirectUri.IsAcceptable(uri, out _).ShouldBeTrue();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/callback")]
    [InlineData("http://client.example/callback")]
    [InlineData("http://127.0.0.1.evil.example/callback")]
    [InlineData("http://127.0.0.2/callback")]
    [InlineData("http://localhost.evil.example/")]
    [InlineData("http://localhost:80@evil.example/")]
    [InlineData("https://user:password@client.example/")]
    [InlineData("https://client.example/#fragment")]
    [InlineData("https://client.example/\r\nSet-Cookie: x")]
    [InlineData("https://client.example/\n")]
    [InlineData("https://client.example/ä")]
    [InlineData("https:client.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("JavaScript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("vbscript:x")]
    [InlineData("blob:https://client.example/x")]
    [InlineData("about:blank")]
    public void anything_else_is_not(string? uri)
    {
        RedirectUri.IsAcceptable(uri, out var fault).ShouldBeFalse();
        fault.ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("http://127.0.0.1/callback", "http://127.0.0.1:51234/callback", true)]
    [InlineData("http://127.0.0.1:33418/", "http://127.0.0.1:4000/", true)]
    [InlineData("http://127.0.0.1:33418", "http://127.0.0.1:4000/", true)]
    [InlineData("http://localhost/callback", "http://localhost:1/callback", true)]
    [InlineData("http://[::1]/callback", "http://[::1]:9/callback", true)]
    [InlineData("http://localhost/callback", "http://127.0.0.1/callback", false)]
    [InlineData("http://localhost/callback", "http://localhost:1/callback/", false)]
    [InlineData("http://localhost/callback", "http://localhost:1/Callback", false)]
    [InlineData("http://localhost/callback", "http://localhost:1/callback?x", false)]
    [InlineData("http://localhost/callback", "https://localhost:1/callback", false)]
    [InlineData("http://localhost/callback", "http://localhost:70000/callback", false)]
    [InlineData("http://localhost/callback", "http://localhost:1/callback\n", false)]
    [InlineData("https://client.example/callback", "https://client.example:443/callback", false)]
    [InlineData("https://client.example/callback", "https://client.example/callback/../callback", false)]
    [InlineData("https://client.example/callback", "https://CLIENT.example/callback", false)]
    [InlineData("https://client.example/callback", "https://client.example/callback", true)]
    [InlineData("cursor://x/callback", "cursor://x/callback", true)]
    public void only_the_port_of_a_loopback_address_may_differ(string registered, string presented, bool matches)
        => RedirectUri.Matches(registered, presented).ShouldBe(matches);

    [Theory]
    [InlineData("https://client.example/callback", "https://client.example:443", "client.example")]
    [InlineData("http://127.0.0.1:5000/callback", "http://127.0.0.1:5000", "127.0.0.1:5000")]
    [InlineData("http://[::1]:5000/callback", "http:", "[::1]:5000")]
    [InlineData("cursor://anysphere/callback", "cursor:", "cursor:")]
    [InlineData("https://bücher.example/", "https://xn--bcher-kva.example:443", "bücher.example")]
    public void a_form_may_lead_to_its_origin_and_a_person_is_shown_it(string uri, string target, string shown)
        => (RedirectUri.FormTarget(uri), RedirectUri.Shown(uri)).ShouldBe((target, shown));

    [Fact]
    public void an_answer_is_added_to_the_query_that_is_there()
    {
        RedirectUri.With("https://x.example/", ("code", "a b&c"), ("state", null), ("iss", "http://i")).ShouldBe("https://x.example/?code=a%20b%26c&iss=http%3A%2F%2Fi");
        RedirectUri.With("https://x.example/?k=v", ("code", "1")).ShouldBe("https://x.example/?k=v&code=1");
    }
}
