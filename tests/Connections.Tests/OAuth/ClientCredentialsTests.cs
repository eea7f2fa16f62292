using Microsoft.AspNetCore.Http;
using Toolgate.Connections.Tests.Hosting;

namespace Toolgate.Connections.Tests.OAuth;

public sealed class ClientCredentialsTests(ConnectionsServer host) : IClassFixture<ConnectionsServer>
{
    [Fact]
    public async Task A_token_is_obtained_at_the_first_call_and_used_until_its_end()
    {
        await using var provider = await Provider.Start();
        var tool = await Connected(provider);
        provider.Asked.ShouldBe(0);
        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
        provider.Asked.ShouldBe(1);
        var asked = provider.Upstream.Requests.First(request => request.Target == "/token");
        (asked.Method, asked.Body).ShouldBe(("POST", "grant_type=client_credentials&scope=issues%3Aread"));
    }

    [Fact]
    public async Task Calls_at_once_ask_for_one_token()
    {
        await using var provider = await Provider.Start();
        var tool = await Connected(provider);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Call(tool).AsTask()));
        outcomes.ShouldAllBe(outcome => outcome is ToolOutcome.Answered);
        provider.Asked.ShouldBe(1);
    }

    [Fact]
    public async Task A_token_that_ended_early_is_replaced_and_the_call_sent_once_more()
    {
        await using var provider = await Provider.Start();
        var tool = await Connected(provider);
        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
        provider.Revoke();
        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
        provider.Asked.ShouldBe(2);
    }

    [Fact]
    public async Task An_upstream_that_takes_no_token_is_asked_twice_and_no_more()
    {
        await using var provider = await Provider.Start();
        var tool = await Connected(provider);
        provider.Lie = Say(200, """{"access_token":"other","token_type":"Bearer"}""");
        (await host.Call(tool)).Error().Code.ShouldBe("connection_rejected");
        provider.Asked.ShouldBe(2);
        provider.Upstream.Requests.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData(400, """{"error":"invalid_client","error_description":"canary-token"}""", "oauth_refresh_failed")]
    [InlineData(401, "canary-token", "oauth_refresh_failed")]
    [InlineData(200, "<html>canary-token</html>", "oauth_refresh_failed")]
    [InlineData(200, """{"access_token":"canary-token","token_type":"mac"}""", "oauth_refresh_failed")]
    [InlineData(200, """{"access_token":"canary-token"}""", "oauth_refresh_failed")]
    [InlineData(200, """{"access_token":"canary-token\r\nX: y","token_type":"Bearer"}""", "oauth_refresh_failed")]
    [InlineData(200, """{"access_token":"canary-token","access_token":"b","token_type":"Bearer"}""", "oauth_refresh_failed")]
    [InlineData(500, "canary-token", "upstream_unavailable")]
    [InlineData(429, "canary-token", "upstream_unavailable")]
    public async Task What_the_token_endpoint_says_wrongly_is_named_and_not_repeated(int status, string body, string code)
    {
        await using var provider = await Provider.Start();
        var tool = await Connected(provider);
        provider.Lie = Say(status, body);
        var error = (await host.Call(tool)).Error();
        error.Code.ShouldBe(code);
        error.Retryable.ShouldBe(code == "upstream_unavailable");
        error.ToString().ShouldNotContain("canary");
        provider.Lie = null;
        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>("a failure is not kept");
    }

    [Fact]
    public async Task An_answer_without_end_is_no_token()
    {
        await using var provider = await Provider.Start();
        var tool = await Connected(provider);
        provider.Lie = Say(200, $$"""{"access_token":"a","token_type":"Bearer","more":"{{new string('x', 70_000)}}"}""");
        (await host.Call(tool)).Error().Code.ShouldBe("oauth_refresh_failed");
    }

    [Fact]
    public async Task The_secret_of_a_client_does_not_follow_a_redirect()
    {
        await using var provider = await Provider.Start();
        await using var thief = await Upstream.Start(ConnectionsServer.Default);
        var tool = await Connected(provider);
        provider.Lie = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = thief.Url + "/token";
            return Task.CompletedTask;
        };
        (await host.Call(tool)).Error().Code.ShouldBe("upstream_unavailable");
        thief.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Other_credentials_obtain_another_token()
    {
        await using var provider = await Provider.Start();
        var tool = await Connected(provider);
        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
        var slug = tool.Split('.')[0];
        await host.Api.Put($"/api/connections/org/{slug}/main/credentials", new { values = new { clientId = "other", clientSecret = "other" } }, 200);
        (await host.Call(tool)).Error().Code.ShouldBe("oauth_refresh_failed");
    }

    private static RequestDelegate Say(int status, string body) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    };

    private async Task<string> Connected(Provider provider)
    {
        var slug = await host.Import(provider.Upstream.Url, security: $$$"""
            "components": {"securitySchemes": {"app": {"type": "oauth2", "flows": {"clientCredentials": {
              "tokenUrl": "{{{provider.Upstream.Url}}}/token", "scopes": {"issues:read": "Read issues"} } } } } }, "security": [{"app": []}],
            """);
        await host.Connect(slug, template: "oauth-app", values: new { clientId = Provider.Client, clientSecret = Provider.Secret });
        return $"{slug}.org.main.issues.listIssues";
    }
}
