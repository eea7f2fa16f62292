using System.Net;
using System.Text.RegularExpressions;

namespace Toolgate.Connections.Tests.OAuth;

public sealed partial class ConnectPageTests(AuthorizationHost host) : IClassFixture<AuthorizationHost>
{
    [Fact]
    public async Task The_link_of_an_error_leads_a_person_to_the_authorization_server_and_back()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = await host.Connected(authority, ada);
        authority.RevokeAll();
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Failed>();

        var path = $"/connect/org/{slug}/main?scope=read%20write%20admin";
        var page = await ada.Get(path);
        page.Text.ShouldContain("must be authorized again");
        page.Text.ShouldContain("read write admin");
        var left = await ada.Post(path, ("csrf", Csrf().Match(page.Text).Groups[1].Value), ("template", "oauth-people"));
        left.Status.ShouldBe(HttpStatusCode.OK, left.Text);
        var url = Href().Match(left.Text).Groups[1].Value;
        url.ShouldContain("scope=read%20write%20admin");
        (await ada.Follow(url)).Status.ShouldBe(HttpStatusCode.OK);
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
    }

    [Fact]
    public async Task A_person_makes_a_connection_of_their_own()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = await host.Import(authority);
        var path = $"/connect/{slug}?toolkit=team-kit";
        var page = await ada.Get(path);
        page.Text.ShouldContain("team-kit");
        var left = await ada.Post(path, ("csrf", Csrf().Match(page.Text).Groups[1].Value), ("template", "oauth-people"));
        (await ada.Follow(Href().Match(left.Text).Groups[1].Value)).Text.ShouldContain("team-kit");
        (await host.Server.Api.Get($"/api/connections/user/{slug}/main"))["status"]!.GetValue<string>().ShouldBe("connected");
    }

    [Fact]
    public async Task Pasted_values_make_and_replace_a_connection_and_are_not_shown()
    {
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = AuthorizationHost.NewSlug();
        var document = Documents.Tracker("http://127.0.0.1:9", security: """
            "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"} } }, "security": [{"key": []}],
            """);
        await host.Server.Api.Post("/api/integrations/openapi", new { slug, spec = new { document } }, 201);
        var path = $"/connect/{slug}";
        var csrf = Csrf().Match((await ada.Get(path)).Text).Groups[1].Value;
        (await ada.Post(path, ("csrf", csrf), ("template", "apikey-0"), ("value.token", "canary\r\nX: y"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        foreach (var value in new[] { "canary-one", "canary-two" })
        {
            var done = await ada.Post(path, ("csrf", csrf), ("template", "apikey-0"), ("value.token", value));
            (done.Status, done.Text.Contains("canary", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.OK, false), done.Text);
        }

        (await host.Server.Api.Get($"/api/connections/user/{slug}/main"))["version"]!.GetValue<long>().ShouldBe(2);
    }

    [Fact]
    public async Task A_form_without_its_token_does_nothing()
    {
        await using var authority = await Authority.Start();
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        var slug = await host.Import(authority);
        (await ada.Post($"/connect/{slug}", ("template", "oauth-people"))).Status.ShouldBe(HttpStatusCode.Forbidden);
        using var stranger = new Person(host.Server.BaseAddress);
        (await stranger.Get($"/connect/{slug}")).Location.ShouldNotBeNull().ShouldStartWith("/sign-in");
    }

    [Theory]
    [InlineData("/connect/nothing")]
    [InlineData("/connect/else/nothing/main")]
    [InlineData("/connect/org/nothing/main")]
    [InlineData("/connect/org/toolgate/Not%20A%20Name")]
    public async Task Links_to_nothing_are_answered_as_such(string path)
    {
        using var ada = await Person.SignIn(host.Server.BaseAddress);
        (await ada.Get(path)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [GeneratedRegex("name=\"csrf\" value=\"([^\"]*)\"")]
    private static partial Regex Csrf();

    [GeneratedRegex("<a href=\"(http[^\"]*)\"")]
    private static partial Regex Href();
}
