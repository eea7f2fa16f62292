using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.OAuth;

/// <summary>What MCP servers and authorization servers say of themselves, rightly and wrongly.</summary>
public sealed class DiscoveryTests(AuthorizationHost host) : IClassFixture<AuthorizationHost>, IAsyncLifetime
{
    private const string Resource = "/.well-known/oauth-protected-resource";
    private const string Server = "/.well-known/oauth-authorization-server";
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
    public async Task A_server_says_itself_what_it_needs_and_a_client_registers_once()
    {
        var slug = await host.ImportServer(authority);
        var page = await host.Authorize(slug, ada);
        page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
        (await host.Call(slug, tool: "look")).ShouldBeOfType<ToolOutcome.Relayed>();
        var asked = Asked();
        (asked["scope"], asked["resource"]).ShouldBe(("read", authority.Url + "/mcp"));
        authority.Forms("/token").ShouldAllBe(form => form["resource"] == authority.Url + "/mcp");

        (await host.Authorize(await host.ImportServer(authority), ada)).Status.ShouldBe(HttpStatusCode.OK);
        authority.Upstream.Requests.Count(request => request.Target == "/register").ShouldBe(1, "one client for each issuer and redirect");
    }

    [Fact]
    public async Task A_session_with_a_server_outlives_its_first_token()
    {
        var slug = await host.ImportServer(authority);
        await host.Authorize(slug, ada);
        (await host.Call(slug, tool: "look")).ShouldBeOfType<ToolOutcome.Relayed>();
        var handshakes = Handshakes();
        host.Clock.Advance(TimeSpan.FromHours(2));
        (await host.Call(slug, tool: "look")).ShouldBeOfType<ToolOutcome.Relayed>();
        authority.RevokeAccess();
        (await host.Call(slug, tool: "look")).ShouldBeOfType<ToolOutcome.Relayed>();
        (authority.Refreshes, Handshakes()).ShouldBe((2, handshakes));

        int Handshakes() => authority.Upstream.Requests.Count(request => request.Target == "/mcp" && request.Body.Contains("\"initialize\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metadata_are_looked_for_in_front_of_the_path_and_at_the_root_when_the_challenge_names_none()
    {
        authority.Lies["/mcp"] = context => Say(401, "{}", challenge: "Bearer")(context);
        authority.Lies[Resource + "/mcp"] = Say(404, "{}");
        authority.Lies[Resource] = Say(200, $$"""{"resource":"{{authority.Url}}/","authorization_servers":["{{authority.Url}}"]}""");
        authority.Lies[Server] = Say(404, "{}");
        authority.Lies["/.well-known/openid-configuration"] = Say(200, Metadata());
        var slug = await host.ImportServer(authority);
        (await Begin(slug))["authorizationUrl"]!.GetValue<string>().ShouldStartWith(authority.Url + "/authorize?");
        Wellknown().ShouldBe([Resource + "/mcp", Resource, Server, "/.well-known/openid-configuration"]);
    }

    [Fact]
    public async Task An_issuer_with_a_path_is_asked_for_in_the_order_of_the_specification()
    {
        authority.Resource = document => document["authorization_servers"] = new JsonArray(authority.Url + "/tenant");
        authority.Lies["/tenant/.well-known/openid-configuration"] = Say(200, Metadata(document => document["issuer"] = authority.Url + "/tenant"));
        await Begin(await host.ImportServer(authority));
        Wellknown().ShouldBe([Resource + "/mcp", Server + "/tenant", "/.well-known/openid-configuration/tenant", "/tenant/.well-known/openid-configuration"]);
    }

    [Fact]
    public async Task A_server_of_the_oldest_revision_is_its_own_authorization_server()
    {
        authority.Lies["/mcp"] = context => Say(401, "{}", challenge: "Bearer")(context);
        authority.Lies[Resource + "/mcp"] = Say(404, "{}");
        authority.Lies[Server] = Say(404, "{}");
        (await Begin(await host.ImportServer(authority)))["authorizationUrl"]!.GetValue<string>().ShouldStartWith(authority.Url + "/authorize?");
        authority.Upstream.Requests.ShouldContain(request => request.Target == "/register");
    }

    [Fact]
    public async Task Scopes_of_the_challenge_win_and_offline_access_is_asked_for_where_it_is_known()
    {
        authority.Lies["/mcp"] = context => Say(401, "{}", challenge: $"Bearer resource_metadata=\"{authority.Url}{Resource}/mcp\", scope=\"tools files\"")(context);
        authority.Metadata = document => document["scopes_supported"] = new JsonArray("offline_access", "other");
        var begun = await Begin(await host.ImportServer(authority));
        QueryHelpers.ParseQuery(new Uri(begun["authorizationUrl"]!.GetValue<string>()).Query)["scope"].ToString().ShouldBe("tools files offline_access");
    }

    [Theory]
    [InlineData("issuer", "https://other.example", "oauth-issuer-mismatch")]
    [InlineData("issuer", "{url}/", "oauth-issuer-mismatch")]
    [InlineData("issuer", null, "oauth-issuer-mismatch")]
    [InlineData("code_challenge_methods_supported", null, "oauth-pkce-missing")]
    [InlineData("code_challenge_methods_supported", "plain", "oauth-pkce-missing")]
    [InlineData("token_endpoint", "http://token.example/token", "oauth-endpoints-unusable")]
    [InlineData("authorization_endpoint", "javascript:alert(1)", "oauth-endpoints-unusable")]
    [InlineData("authorization_endpoint", "http://user:word@127.0.0.1/authorize", "oauth-endpoints-unusable")]
    [InlineData("registration_endpoint", null, "oauth-client-required")]
    [InlineData("registration_endpoint", "http://169.254.169.254/register", "oauth-client-required")]
    [InlineData("registration_endpoint", "https://169.254.169.254/register", "egress-refused")]
    [InlineData("token_endpoint_auth_methods_supported", "tls_client_auth", "oauth-client-required")]
    public async Task An_authorization_server_that_lies_is_refused_before_anybody_is_sent_there(string member, string? value, string code)
    {
        authority.Metadata = document =>
        {
            document.Remove(member);
            if (value is not null)
            {
                var text = value.Replace("{url}", authority.Url, StringComparison.Ordinal);
                document[member] = member.EndsWith("supported", StringComparison.Ordinal) ? new JsonArray(text) : text;
            }
        };
        await Refused(code);
    }

    [Theory]
    [InlineData("resource", "https://other.example/mcp", "oauth-resource-mismatch")]
    [InlineData("resource", "{url}/mcp/other", "oauth-resource-mismatch")]
    [InlineData("resource", "{url}/m", "oauth-resource-mismatch")]
    [InlineData("resource", null, "oauth-resource-mismatch")]
    [InlineData("authorization_servers", null, "oauth-discovery-failed")]
    [InlineData("authorization_servers", "http://169.254.169.254/latest", "oauth-discovery-failed")]
    [InlineData("authorization_servers", "https://169.254.169.254/latest", "egress-refused")]
    [InlineData("authorization_servers", "file:///etc/passwd", "oauth-discovery-failed")]
    public async Task A_server_that_speaks_of_something_else_is_refused(string member, string? value, string code)
    {
        authority.Resource = document =>
        {
            document.Remove(member);
            if (value is not null)
            {
                var text = value.Replace("{url}", authority.Url, StringComparison.Ordinal);
                document[member] = member.EndsWith("servers", StringComparison.Ordinal) ? new JsonArray(text) : text;
            }
        };
        await Refused(code);
    }

    [Theory]
    [InlineData("https://169.254.169.254/metadata", "egress-refused")]
    [InlineData("http://other.example/metadata", "oauth-endpoints-unusable")]
    [InlineData("file:///etc/passwd", "oauth-endpoints-unusable")]
    [InlineData("{url}/nothing", "oauth-discovery-failed")]
    public async Task A_challenge_leads_nowhere_else(string metadata, string code)
    {
        authority.Lies["/mcp"] = Say(401, "{}", challenge: $"Bearer resource_metadata=\"{metadata.Replace("{url}", authority.Url, StringComparison.Ordinal)}\"");
        await Refused(code);
    }

    [Fact]
    public async Task Private_addresses_stay_closed_where_the_operator_did_not_open_them()
    {
        var settings = AuthorizationHost.Settings;
        settings.Remove("Toolgate:Egress:AllowPrivateNetworks");
        await using var closed = await ToolgateServer.Start(settings);
        await closed.Api.Post("/api/integrations/mcp", new { slug = "inside", transport = "http", url = authority.Url + "/mcp" }, 201);
        (await closed.Api.Post("/api/connections/oauth/start", new { owner = "org", integration = "inside", name = "main" }, 422)).Code().ShouldBe("urn:toolgate:problem:egress-refused");
        authority.Upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Metadata_without_end_are_refused()
    {
        authority.Lies[Server] = Say(200, $$"""{"issuer":"{{authority.Url}}","more":"{{new string('x', 300_000)}}"}""");
        await Refused("oauth-discovery-failed");
    }

    [Fact]
    public async Task Metadata_that_are_elsewhere_are_refused()
    {
        await using var other = await Authority.Start();
        authority.Lies[Server] = context =>
        {
            context.Response.Redirect(other.Url + Server);
            return Task.CompletedTask;
        };
        await Refused("egress-refused");
        other.Upstream.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("code={code}")]
    [InlineData("code={code}&iss=https%3A%2F%2Fother.example")]
    [InlineData("code={code}&iss={url}%2F")]
    [InlineData("error=access_denied&iss=https%3A%2F%2Fother.example")]
    public async Task An_answer_of_another_issuer_is_not_believed(string answer)
    {
        var slug = await host.ImportServer(authority);
        authority.Consent = code => answer.Replace("{code}", code, StringComparison.Ordinal).Replace("{url}", Uri.EscapeDataString(authority.Url), StringComparison.Ordinal);
        var page = await host.Authorize(slug, ada);
        page.Status.ShouldBe(HttpStatusCode.BadRequest);
        page.Text.ShouldContain("did not come from the authorization server that was asked");
        authority.Forms("/token").ShouldBeEmpty("a code goes to nobody");
    }

    [Fact]
    public async Task A_secret_is_never_sent_to_another_issuer_than_the_one_it_was_registered_for()
    {
        await using var evil = await Authority.Start();
        evil.ClientSecret = "another-secret";
        var slug = await host.ImportServer(authority);
        await host.Server.Api.Post("/api/oauth/clients", new { integration = slug, clientId = Authority.Client, clientSecret = Authority.Secret }, 201);
        authority.Resource = document => document["authorization_servers"] = new JsonArray(evil.Url);
        await host.Authorize(slug, ada);
        evil.Upstream.Requests.ShouldContain(request => request.Target == "/register", "it is another server, with a client of its own");
        evil.Forms("/token").ShouldNotBeEmpty();
        var ours = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Authority.Client}:{WebUtility.UrlEncode(Authority.Secret)}"));
        foreach (var request in evil.Upstream.Requests)
        {
            var all = request.Target + request.Body + string.Join(' ', request.Headers.Values);
            new[] { Authority.Secret, WebUtility.UrlEncode(Authority.Secret), ours, "client_id=" + Authority.Client }.ShouldAllBe(text => !all.Contains(text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_server_that_reads_documents_about_clients_is_given_ours()
    {
        var settings = AuthorizationHost.Settings;
        settings["Toolgate:PublicUrl"] = "https://toolgate.example";
        settings["Toolgate:Hosts:0"] = "127.0.0.1";
        await using var server = await ToolgateServer.Start(settings);
        authority.Metadata = document => document["client_id_metadata_document_supported"] = true;
        await server.Api.Post("/api/integrations/mcp", new { slug = "reader", transport = "http", url = authority.Url + "/mcp" }, 201);
        var begun = await server.Api.Post("/api/connections/oauth/start", new { owner = "org", integration = "reader", name = "main" }, 200);
        var query = QueryHelpers.ParseQuery(new Uri(begun["authorizationUrl"]!.GetValue<string>()).Query);
        const string document = "https://toolgate.example/oauth/client-id-metadata.json";
        (query["client_id"].ToString(), query["redirect_uri"].ToString()).ShouldBe((document, "https://toolgate.example/api/oauth/callback"));
        authority.Upstream.Requests.ShouldNotContain(request => request.Target == "/register");

        using var stranger = server.Api.Anonymous();
        var published = await stranger.Get("/oauth/client-id-metadata.json");
        (published["client_id"]!.GetValue<string>(), published["redirect_uris"].Strings().Single(), published["token_endpoint_auth_method"]!.GetValue<string>())
            .ShouldBe((document, "https://toolgate.example/api/oauth/callback", "none"));
    }

    [Fact]
    public async Task A_client_that_the_server_forgot_is_registered_anew_by_the_next_authorization()
    {
        var slug = await host.ImportServer(authority);
        await host.Authorize(slug, ada);
        authority.ClientId = "forgotten";
        authority.RevokeAccess();
        (await host.Call(slug, tool: "look")).Error().Code.ShouldBe("oauth_reauth_required");
        (await host.Authorize(slug, ada)).Status.ShouldBe(HttpStatusCode.OK);
        authority.Upstream.Requests.Count(request => request.Target == "/register").ShouldBe(2);
        (await host.Call(slug, tool: "look")).ShouldBeOfType<ToolOutcome.Relayed>();
    }

    [Fact]
    public async Task A_template_by_hand_names_an_issuer_or_both_endpoints()
    {
        var slug = AuthorizationHost.NewSlug();
        var document = Documents.Tracker(authority.Url);
        await host.Server.Api.Post("/api/integrations/openapi", new { slug, spec = new { document }, authTemplates = new object[] { new { slug = "ours", kind = "oauth2", issuer = authority.Url, scopes = new[] { "read" } } } }, 201);
        (await host.Authorize(slug, ada)).Status.ShouldBe(HttpStatusCode.OK);
        (await host.Call(slug)).ShouldBeOfType<ToolOutcome.Answered>();
        foreach (object wrong in new object[]
        {
            new { slug = "x", kind = "oauth2", issuer = "http://issuer.example" }, new { slug = "x", kind = "oauth2", tokenUrl = authority.Url + "/token" },
            new { slug = "x", kind = "basic", issuer = authority.Url }, new { slug = "x", kind = "oauth2", issuer = authority.Url, scopes = new[] { "a b" } },
            new { slug = "x", kind = "oauth2", issuer = authority.Url, placements = new[] { new { carrier = "header", name = "X" } } },
        })
        {
            await host.Server.Api.Post("/api/integrations/openapi", new { slug = AuthorizationHost.NewSlug(), spec = new { document }, authTemplates = new[] { wrong } }, 422);
        }
    }

    private Dictionary<string, string> Asked()
        => QueryHelpers.ParseQuery(new Uri("http://x" + authority.Upstream.Requests.Last(request => request.Target.StartsWith("/authorize?", StringComparison.Ordinal)).Target).Query)
            .ToDictionary(pair => pair.Key, pair => pair.Value.ToString());

    private string[] Wellknown() => [.. authority.Upstream.Requests.Select(request => request.Target).Where(target => target.Contains("/.well-known/", StringComparison.Ordinal))];

    private Task<JsonNode> Begin(string slug, int expect = 200) => host.Server.Api.Post("/api/connections/oauth/start", new { owner = "org", integration = slug, name = "main" }, expect);

    private async Task Refused(string code)
    {
        var slug = await host.ImportServer(authority);
        (await Begin(slug, 422)).Code().ShouldBe("urn:toolgate:problem:" + code);
        authority.Forms("/token").ShouldBeEmpty();
    }

    private string Metadata(Action<JsonObject>? change = null)
    {
        var document = new JsonObject
        {
            ["issuer"] = authority.Url,
            ["authorization_endpoint"] = authority.Url + "/authorize",
            ["token_endpoint"] = authority.Url + "/token",
            ["registration_endpoint"] = authority.Url + "/register",
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
        };
        change?.Invoke(document);
        return document.ToJsonString();
    }

    private static RequestDelegate Say(int status, string body, string? challenge = null) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        if (challenge is not null)
        {
            context.Response.Headers.WWWAuthenticate = challenge;
        }

        return context.Response.WriteAsync(body);
    };
}
