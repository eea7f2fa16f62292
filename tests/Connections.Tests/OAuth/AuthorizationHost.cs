using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.OAuth;

/// <summary>A clock that can be set forward; its timers are real.</summary>
internal sealed class ForwardClock : TimeProvider
{
    private long offset;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref offset));

    public void Advance(TimeSpan by) => Interlocked.Add(ref offset, by.Ticks);
}

/// <summary>The whole host with a person who can sign in, for tests of authorizations.</summary>
public sealed class AuthorizationHost : IAsyncLifetime
{
    internal const string Email = "ada@example.com";
    internal const string Password = "correct horse battery";
    private static int slugs;

    internal ToolgateServer Server { get; private set; } = null!;

    internal ForwardClock Clock { get; } = new();

    internal static Dictionary<string, string> Settings => new()
    {
        ["Toolgate:Egress:AllowPrivateNetworks"] = "true",
        ["Toolgate:Mcp:FollowCatalogs"] = "false",
        ["Toolgate:SignIn:IdleTimeout"] = "00:00:00",
        ["Toolgate:Owner:Email"] = Email,
        ["Toolgate:Owner:Password"] = Password,
        ["Toolgate:Secrets:MasterKey"] = Convert.ToBase64String(new byte[32]),
    };

    public async Task InitializeAsync() => Server = await ToolgateServer.Start(Settings, services => services.AddSingleton<TimeProvider>(Clock));

    public async Task DisposeAsync() => await Server.DisposeAsync();

    internal static string NewSlug() => $"guarded-{Interlocked.Increment(ref slugs)}";

    /// <summary>An OpenAPI integration whose document names the endpoints of an authority, and a client there.</summary>
    internal async Task<string> Import(Authority authority, bool withClient = true)
    {
        var slug = NewSlug();
        var document = Documents.Tracker(authority.Url, security: $$$"""
            "components": {"securitySchemes": {"people": {"type": "oauth2", "flows": {"authorizationCode": {
              "authorizationUrl": "{{{authority.Url}}}/authorize", "tokenUrl": "{{{authority.Url}}}/token", "scopes": {"read": "Read", "write": "Write"} } } } } }, "security": [{"people": []}],
            """);
        await Server.Api.Post("/api/integrations/openapi", new { slug, spec = new { document } }, 201);
        if (withClient)
        {
            await Server.Api.Post(
                "/api/oauth/clients",
                new { integration = slug, clientId = authority.ClientId, clientSecret = authority.ClientSecret, tokenEndpointAuthMethod = authority.AuthMethod }, 201);
        }

        return slug;
    }

    /// <summary>An MCP integration.</summary>
    internal async Task<string> ImportServer(Authority authority)
    {
        var slug = NewSlug();
        await Server.Api.Post("/api/integrations/mcp", new { slug, transport = "http", url = authority.Url + "/mcp" }, 201);
        return slug;
    }

    /// <summary>Begins, consents, and comes back.</summary>
    internal async Task<WebPage> Authorize(string slug, Person person, string owner = "org", object? scopes = null)
    {
        var begun = await Server.Api.Post("/api/connections/oauth/start", new { owner, integration = slug, name = "main", scopes }, 200);
        return await person.Follow(begun["authorizationUrl"]!.GetValue<string>());
    }

    /// <summary>An authorized OpenAPI connection and one of its tools.</summary>
    internal async Task<string> Connected(Authority authority, Person person)
    {
        var slug = await Import(authority);
        (await Authorize(slug, person)).Status.ShouldBe(HttpStatusCode.OK);
        return slug;
    }

    internal async Task<JsonNode> Connection(string slug) => await Server.Api.Get($"/api/connections/org/{slug}/main");

    internal ValueTask<ToolOutcome> Call(string slug, ToolgateServer? host = null, string tool = "issues.listIssues")
    {
        var services = (host ?? Server).Services;
        var found = services.GetRequiredService<ICatalog>().At(services.GetRequiredService<IReadModels>().Current).Org.Single(each => each.Address == $"{slug}.org.main.{tool}");
        return services.GetRequiredService<IToolInvoker>().Invoke(
            found, Encoding.UTF8.GetBytes("{}"), CallClient.Silent(new Principal("usr_test", "Test", Role.Owner, Scopes.All, "key_test")), CancellationToken.None);
    }
}

/// <summary>A person with a browser: keeps the cookie, follows no redirect by itself.</summary>
internal sealed class Person(Uri origin) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = origin };
    private string? cookie;

    public static async Task<Person> SignIn(Uri origin, string email = AuthorizationHost.Email, string password = AuthorizationHost.Password)
    {
        var person = new Person(origin);
        var page = await person.Post("/sign-in", ("email", email), ("password", password));
        page.Status.ShouldBe(HttpStatusCode.SeeOther, page.Text);
        return person;
    }

    /// <summary>Consents at the authorization server, and opens the page that it leads to.</summary>
    public async Task<WebPage> Follow(string authorizationUrl) => await Get(await Consent(authorizationUrl));

    /// <summary>Where the authorization server leads to.</summary>
    public static async Task<string> Consent(string authorizationUrl)
    {
        using var stranger = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var response = await stranger.GetAsync(authorizationUrl);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect, await response.Content.ReadAsStringAsync());
        return response.Headers.Location!.OriginalString;
    }

    public Task<WebPage> Get(string url) => Send(HttpMethod.Get, url, null);

    public Task<WebPage> Post(string url, params (string Name, string Value)[] fields)
        => Send(HttpMethod.Post, url, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    public void Dispose() => http.Dispose();

    private async Task<WebPage> Send(HttpMethod method, string url, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, url) { Content = content };
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        using var response = await http.SendAsync(request);
        if (response.Headers.TryGetValues("Set-Cookie", out var set) && set.LastOrDefault(each => each.StartsWith("__Host-toolgate=", StringComparison.Ordinal)) is { } given)
        {
            cookie = given.Split(';')[0];
        }

        return new WebPage(response.StatusCode, response.Headers.Location?.OriginalString, WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync()));
    }
}

internal sealed record WebPage(HttpStatusCode Status, string? Location, string Text)
{
    public IReadOnlyDictionary<string, string> LocationQuery
        => QueryHelpers.ParseQuery(new Uri(new Uri("http://here"), Location).Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
}
