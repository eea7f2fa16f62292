namespace Toolgate.Connections.Tests.OAuth;

/// <summary>Where the credentials of a template may go.</summary>
public sealed class FlowOriginTests
{
    private const string Good = "https://login.good.example";

    [Theory]
    [InlineData(Good + "/refresh", true)]
    [InlineData(null, true)]
    [InlineData("https://evil.example/refresh", false)]
    [InlineData("https://login.good.example:8443/refresh", false)]
    [InlineData("https://login.good.example.evil.example/refresh", false)]
    [InlineData("https://login.good.example@evil.example/refresh", false)]
    public void a_refresh_endpoint_stands_beside_its_token_endpoint(string? refresh, bool usable)
        => (AuthorizationCode.FlowOf(Template("authorizationCode", Good + "/token", refresh)) is not null).ShouldBe(usable);

    [Theory]
    [InlineData(Good + "/token", Good + "/token2", null, false)]
    [InlineData(Good + "/token", "https://evil.example/token", null, true)]
    [InlineData(Good + "/token", Good + "/token", "https://evil.example/refresh", true)]
    [InlineData(Good + "/token", "http://login.good.example/token", null, true)]
    public void a_document_that_sends_credentials_to_another_origin_is_noticed(string before, string after, string? refresh, bool noticed)
        => (MovedEndpoints.Find([Template("clientCredentials", before, null)], [Template("clientCredentials", after, refresh)]) == "oauth").ShouldBe(noticed);

    [Fact]
    public void a_template_that_is_new_or_gone_moves_nothing()
    {
        MovedEndpoints.Find([], [Template("clientCredentials", Good + "/token", null)]).ShouldBeNull();
        MovedEndpoints.Find([Template("clientCredentials", Good + "/token", null)], []).ShouldBeNull();
    }

    private static AuthTemplate Template(string flow, string token, string? refresh)
        => new("oauth", AuthKind.OAuth2, null, []) { Flows = [new AuthFlow(flow, Good + "/authorize", token, refresh, [])] };
}
