using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>Tokens of an issuer that the operator trusts, over the wire: its keys are discovered, and its tokens open what they name.</summary>
public sealed class ExternalIssuerTests(ExternalIssuerTests.Trusting trusting) : IClassFixture<ExternalIssuerTests.Trusting>
{
    private const string Path = "/mcp/toolkits/external";

    [Fact]
    public async Task a_token_opens_the_endpoint_that_it_names_and_nothing_else()
    {
        var token = trusting.Token(Trusting.Origin + Path);
        (await trusting.Mcp(Path, token).Addresses()).ShouldNotBeEmpty();

        (await trusting.Mcp("/mcp", token).Stateless("tools/list")).Expect(401).Header("WWW-Authenticate")!.ShouldContain("invalid_token");
        (await new Rest(trusting.Http, token).Get("/api/account/me")).Expect(401);
        (await trusting.Mcp(Path, trusting.Token("https://elsewhere.example/mcp")).Stateless("tools/list")).Expect(401);
        (await trusting.Mcp(Path, trusting.Token(Trusting.Origin + Path, email: "nobody@example.com")).Stateless("tools/list")).Expect(401);
        (await trusting.Mcp(Path, trusting.Token(Trusting.Origin + Path, lifetime: -60)).Stateless("tools/list")).Expect(401);
    }

    [Fact]
    public async Task a_token_without_the_scope_is_told_which_it_needs()
    {
        var seeing = trusting.Mcp(Path, trusting.Token(Trusting.Origin + Path, scope: "mcp:read"));
        var tool = (await seeing.List())[0].GetProperty("name").GetString()!;
        (await seeing.Call(tool)).Expect(403).Header("WWW-Authenticate")!.ShouldContain("error=\"insufficient_scope\", scope=\"mcp\"");
        (await trusting.Mcp(Path, trusting.Token(Trusting.Origin + Path, scope: "openid")).Stateless("tools/list")).Expect(403);
    }

    [Fact]
    public async Task the_metadata_of_an_endpoint_name_the_issuer_beside_this_deployment()
    {
        var metadata = JsonDocument.Parse(await trusting.Http.GetStringAsync("/.well-known/oauth-protected-resource" + Path)).RootElement;
        metadata.GetProperty("authorization_servers").EnumerateArray().Select(one => one.GetString()).ShouldBe([Trusting.Origin, trusting.Issuer]);
    }

    [Fact]
    public async Task a_session_ends_at_once_when_its_person_is_removed()
    {
        var (id, email) = await trusting.Join();
        var token = trusting.Token(Trusting.Origin + Path, email: email);
        var mcp = trusting.Mcp(Path, token);
        var session = await mcp.Initialize();
        (await mcp.ListInSession(session)).Expect(200);

        // Another token of the same person and client goes on with the session.
        (await trusting.Mcp(Path, trusting.Token(Trusting.Origin + Path, email: email, lifetime: 600)).ListInSession(session)).Expect(200);
        (await trusting.Mcp(Path, trusting.Token(Trusting.Origin + Path)).ListInSession(session)).Status.ShouldNotBe(200, "nobody else does");

        (await trusting.Owner.Delete("/api/members/" + id)).Expect(204);
        (await mcp.ListInSession(session)).Expect(401);
        await World.Eventually(
            async () => (await trusting.Owner.All("/api/audit/events?limit=1000&type=session_ended")).Any(e => e.GetRawText().Contains("credential_ended", StringComparison.Ordinal)),
            "the session to end");
    }

    [Fact]
    public async Task a_token_is_nowhere_in_the_log()
    {
        var token = trusting.Token(Trusting.Origin + Path);
        var mcp = trusting.Mcp(Path, token);
        await mcp.Initialize();
        await mcp.Call((await mcp.List())[0].GetProperty("name").GetString()!);

        var everything = string.Join('\n', (await trusting.Owner.All("/api/audit/events?limit=1000")).Select(e => e.GetRawText())) + string.Join('\n', trusting.Server.Logs.Lines);

        everything.ShouldContain("ext_");
        everything.ShouldNotContain(token);
        everything.ShouldNotContain(token.Split('.')[2][..40]);
        everything.ShouldNotContain(token.Split('.')[1][..40]);
    }

    /// <summary>A deployment that trusts an issuer, which tells its keys over HTTP on loopback.</summary>
    public sealed class Trusting : IAsyncLifetime
    {
        public const string Origin = "https://toolgate.example";

        private readonly RSA key = RSA.Create(2048);
        private WebApplication issuer = null!;
        private int joined;

        public ToolgateServer Server { get; private set; } = null!;

        public HttpClient Http { get; private set; } = null!;

        public Rest Owner { get; private set; } = null!;

        public string Issuer { get; private set; } = "";

        private string Email { get; set; } = "";

        public async Task InitializeAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            issuer = builder.Build();
            issuer.MapGet("/realms/x/.well-known/openid-configuration", () => Results.Json(new { issuer = Issuer, jwks_uri = Issuer + "/keys" }));
            issuer.MapGet("/realms/x/keys", () =>
            {
                var parameters = key.ExportParameters(false);
                return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", kid = "one", n = Text(parameters.Modulus!), e = Text(parameters.Exponent!) } } });
            });
            await issuer.StartAsync();
            Issuer = issuer.Urls.Single() + "/realms/x";

            var settings = World.Settings;
            settings["Toolgate:PublicUrl"] = Origin;
            settings["Toolgate:OAuth:Issuers:0:Issuer"] = Issuer;
            Server = await ToolgateServer.Start(settings);
            Http = new HttpClient { BaseAddress = Server.BaseAddress };
            Owner = new Rest(Http, Server.OwnerKey);
            var kit = (await Owner.Post("/api/toolkits", new { owner = "org", name = "External", slug = "external" })).Expect(201).Json.GetProperty("id").GetString();
            (await Owner.Post($"/api/toolkits/{kit}/connections", new { pattern = "toolgate.policies.*" })).Expect(201);
            (_, Email) = await Join();

            // Keys come by themselves; the first token may be earlier.
            await World.Eventually(async () => (await Mcp(Path, Token(Origin + Path)).Stateless("tools/list")).Status == 200, "the keys of the issuer");
        }

        public async Task DisposeAsync()
        {
            Http?.Dispose();
            if (Server is not null)
            {
                await Server.DisposeAsync();
            }

            if (issuer is not null)
            {
                await issuer.DisposeAsync();
            }

            key.Dispose();
        }

        public Mcp Mcp(string path, string token) => new(Http, path, token);

        /// <summary>Somebody new with an address.</summary>
        public async Task<(string Id, string Email)> Join()
        {
            var invite = (await Owner.Post("/api/invites", new { role = "member" })).Expect(201).Json.GetProperty("url").GetString()!;
            using var browser = new Browser(Server.BaseAddress);
            var email = $"person-{Interlocked.Increment(ref joined)}@example.com";
            var value = HttpUtility.ParseQueryString(new Uri(invite).Query)["invite"];
            var page = await browser.Json(HttpMethod.Post, "/api/account/sign-up", new { invite = value, name = "Ada", email, password = "correct horse battery" });
            ((int)page.Status).ShouldBe(200, page.Text);
            return ((await browser.Json(HttpMethod.Get, "/api/account/me", null)).Json.GetProperty("id").GetString()!, email);
        }

        /// <summary>A token as the issuer signs it, by hand.</summary>
        public string Token(string audience, string? email = null, string scope = "mcp", int lifetime = 300)
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            var head = Part(new { alg = "RS256", typ = "at+jwt", kid = "one" }) + "." + Part(new
            {
                iss = Issuer, aud = audience, sub = "subject of " + (email ?? Email), client_id = "client", scope, iat = now, exp = now + lifetime, email = email ?? Email, email_verified = true,
            });
            return head + "." + Text(key.SignData(Encoding.ASCII.GetBytes(head), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }

        private static string Part(object value) => Text(JsonSerializer.SerializeToUtf8Bytes(value));

        private static string Text(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
    }
}
