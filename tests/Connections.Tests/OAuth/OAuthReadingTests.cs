namespace Toolgate.Connections.Tests.OAuth;

public sealed class OAuthReadingTests
{
    [Theory]
    [InlineData("Bearer", null, "", null)]
    [InlineData("Bearer realm=\"x\", error=\"insufficient_scope\", scope=\"b a a\", resource_metadata=\"https://x.example/y?z=1\"", "insufficient_scope", "b a", "https://x.example/y?z=1")]
    [InlineData("bearer error=invalid_token,scope=a", "invalid_token", "a", null)]
    [InlineData("Bearer error_description=\"say \\\"scope=c\\\"\", scope=\"a\"", null, "a", null)]
    [InlineData("Bearer scope=\"a\", scope=\"b\"", null, "a", null)]
    public void A_challenge_is_read_as_far_as_it_is_one(string header, string? error, string scope, string? metadata)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", header);
        var challenge = BearerChallenge.Of(response).ShouldNotBeNull();
        (challenge.Error, string.Join(' ', challenge.Scope), challenge.ResourceMetadata).ShouldBe((error, scope, metadata));
    }

    [Theory]
    [InlineData("Basic realm=\"x\"")]
    [InlineData("Bearer scope=\"a")]
    [InlineData("Bearer =,=,,\"")]
    public void Anything_else_is_no_challenge(string header)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", header);
        BearerChallenge.Of(response).ShouldBeNull();
    }

    [Theory]
    [InlineData("https://x.example/y", true)]
    [InlineData("http://127.0.0.1:81/y", true)]
    [InlineData("http://localhost/y", true)]
    [InlineData("http://x.example/y", false)]
    [InlineData("https://u:p@x.example/y", false)]
    [InlineData("https://x.example/y#z", false)]
    [InlineData("https://x.example/y z", false)]
    [InlineData("//x.example/y", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData(null, false)]
    public void Nothing_secret_goes_anywhere_but_over_https_or_on_this_machine(string? url, bool is_endpoint) => (OAuthUrls.Endpoint(url) is not null).ShouldBe(is_endpoint);

    [Theory]
    [InlineData("https://x.example/mcp", true)]
    [InlineData("https://x.example/", true)]
    [InlineData("https://x.example", true)]
    [InlineData("https://x.example/a", false)]
    [InlineData("https://x.example/mcp/b", false)]
    [InlineData("https://x.example:444/mcp", false)]
    [InlineData("https://x.example.evil/mcp", false)]
    public void Metadata_cover_their_own_path_and_what_is_below(string stated, bool covers) => ServerMetadata.Covers(stated, new Uri("https://x.example/mcp")).ShouldBe(covers);

    [Fact]
    public void The_challenge_of_the_example_of_the_specification()
        => AuthorizationCode.ChallengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").ShouldBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");

    [Fact]
    public void What_a_query_has_stays()
        => OAuthUrls.With(new Uri("https://x.example/auth?prompt=consent"), [new("scope", "a b")]).ShouldBe("https://x.example/auth?prompt=consent&scope=a%20b");

    [Fact]
    public void What_was_sealed_is_what_is_opened()
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var grant = new Grant("canary", now, now.AddSeconds(60), "canary-refresh", "a b", new Uri("https://x.example/token"), new Uri("https://x.example/revoke"), "oac_1", "https://x.example/mcp");
        Grant.Of(grant.ToValues()).ShouldBe(grant);
        var bare = new Grant("canary", null, null, null, "", new Uri("https://x.example/token"), null, "oac_1", null);
        Grant.Of(bare.ToValues()).ShouldBe(bare);
        (grant.ToString() + bare).ShouldNotContain("canary");
    }
}
