using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Authentication;
using ModelContextProtocol.Client;

namespace Toolgate.Acceptance.Tests;

/// <summary>Clients that never register: their id is the address of a document, which a host process fetches over TLS.</summary>
public sealed class ClientDocumentTests(ClientDocumentTests.Published published) : IClassFixture<ClientDocumentTests.Published>
{
    private const string Redirect = "http://127.0.0.1:43118/callback";

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task a_typescript_client_signs_in_by_its_document(string sdk)
    {
        using var person = await published.Person();
        var kit = await published.Kit();
        await using var client = await NodeClient.Start("oauth.mjs", null);

        var asked = await client.Command("connect", new { url = published.Url(kit.Path), sdk, clientMetadataUrl = published.Document });
        var link = asked.GetProperty("authorizationUrl").GetString()!;
        link.ShouldContain("client_id=" + Uri.EscapeDataString(published.Document));
        (await person.Question(link)).Text.ShouldContain($"<dt>Published at</dt><dd>{new Uri(published.Document).Authority}</dd>");
        var told = await person.Answer(link);
        (await client.Command("finish", new { code = told.Code, iss = told.Issuer })).GetProperty("connected").GetBoolean().ShouldBeTrue();

        (await client.Command("list")).GetArrayLength().ShouldBeGreaterThan(0);
        await client.Command("expire");
        (await client.Command("list")).GetArrayLength().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task the_csharp_client_signs_in_by_its_document()
    {
        using var person = await published.Person();
        var kit = await published.Kit();
        await using var transport = new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = new Uri(published.Url(kit.Path)),
            TransportMode = HttpTransportMode.StreamableHttp,
            OAuth = new ClientOAuthOptions
            {
                RedirectUri = new Uri(Redirect),
                ClientMetadataDocumentUri = new Uri(published.Document),
                AuthorizationCallbackHandler = async (context, _) =>
                {
                    var told = await person.Answer(context.AuthorizationUri.ToString());
                    return new AuthorizationResult { Code = told.Code, State = told.State, Iss = told.Issuer };
                },
            },
        });

        await using var client = await McpClient.CreateAsync(transport);

        (await client.ListToolsAsync()).ShouldNotBeEmpty();
        (await published.Rest.Get("/api/clients")).Expect(200).Json.GetProperty("items").EnumerateArray().ShouldBeEmpty("nobody registered");
    }

    [Theory]
    [InlineData("/other-id.json")]
    [InlineData("/secret.json")]
    [InlineData("/moved.json")]
    [InlineData("/page.html")]
    [InlineData("/large.json")]
    [InlineData("/missing.json")]
    public async Task an_address_without_a_usable_document_is_no_client_and_nobody_is_sent_anywhere(string path)
    {
        using var person = await published.Person();

        var page = await person.Question(published.Link(published.Origin + path, Redirect));

        ((int)page.Status).ShouldBe(400);
        page.Location.ShouldBeNull();
        page.Text.ShouldContain("This client is not known here");
    }

    [Fact]
    public async Task a_redirect_that_the_document_does_not_name_is_refused()
    {
        using var person = await published.Person();

        var page = await person.Question(published.Link(published.Document, "https://thief.example/"));

        ((int)page.Status).ShouldBe(400);
        page.Text.ShouldContain("did not register");
    }

    [Fact]
    public async Task strangers_cannot_have_anything_fetched()
    {
        var before = published.Asked;
        using var http = new HttpClient { BaseAddress = published.Host };
        using var asked = await http.PostAsync("/token", ByHand.Form(
            [("grant_type", "authorization_code"), ("client_id", published.Origin + "/never.json"), ("code", "tgc_nothing"), ("code_verifier", new string('a', 43))]));
        ((int)asked.StatusCode).ShouldBe(400);

        using var browser = new Browser(published.Host);
        (await browser.Get(new Uri(published.Link(published.Origin + "/never.json", Redirect)).PathAndQuery)).Location!.ShouldStartWith("/sign-in");

        published.Asked.ShouldBe(before);
    }

    /// <summary>A host process that trusts the certificate of a server that publishes documents, on the database of a world.</summary>
    public sealed class Published : IAsyncLifetime
    {
        private readonly World world = new();
        private readonly X509Certificate2 certificate = NewCertificate();
        private WebApplication documents = null!;
        private HostProcess host = null!;
        private int asked;

        public Rest Rest { get; private set; } = null!;

        public Uri Host => host.Address;

        public string Origin { get; private set; } = "";

        public string Document => Origin + "/client.json";

        /// <summary>How often the server of documents was asked.</summary>
        public int Asked => Volatile.Read(ref asked);

        public async Task InitializeAsync()
        {
            await world.InitializeAsync();
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
            documents = builder.Build();
            documents.Run(Serve);
            await documents.StartAsync();
            Origin = $"https://localhost:{new Uri(documents.Urls.First()).Port}";

            var trusted = Path.Combine(world.Server.DataFolder, "documents.pem");
            await File.WriteAllTextAsync(trusted, certificate.ExportCertificatePem());
            host = await HostProcess.Start(world.Server, ("SSL_CERT_FILE", trusted));
            Rest = new Rest(world.NewHttp(host.Address), world.Server.OwnerKey);
        }

        public async Task DisposeAsync()
        {
            if (host is not null)
            {
                await host.DisposeAsync();
            }

            if (documents is not null)
            {
                await documents.DisposeAsync();
            }

            await world.DisposeAsync();
            certificate.Dispose();
        }

        internal Task<Person> Person() => Tests.Person.Join(world, Rest, host.Address);

        public Task<Toolkit> Kit() => world.NewToolkit(Rest, "org", "toolgate.policies.*");

        public string Url(string path) => new Uri(host.Address, path).ToString();

        public string Link(string clientId, string redirect)
            => Url("/authorize") + $"?response_type=code&client_id={Uri.EscapeDataString(clientId)}&redirect_uri={Uri.EscapeDataString(redirect)}"
                + $"&code_challenge={new string('a', 43)}&code_challenge_method=S256&state=s";

        private async Task Serve(HttpContext context)
        {
            Interlocked.Increment(ref asked);
            var (path, response) = (context.Request.Path.Value!, context.Response);
            response.ContentType = path.EndsWith(".html", StringComparison.Ordinal) ? "text/html" : "application/json";
            var id = path == "/other-id.json" ? Document : Origin + path;
            var more = path == "/secret.json" ? ""","client_secret":"s" """ : path == "/large.json" ? $"""
                ,"x":"{new string('x', 70_000)}"
                """ : "";
            switch (path)
            {
                case "/moved.json":
                    response.Redirect("/client.json");
                    break;
                case "/missing.json":
                    response.StatusCode = 404;
                    break;
                default:
                    await response.WriteAsync($$"""
                        {"client_id":"{{id}}","client_name":"Published client","redirect_uris":["{{Redirect}}","http://127.0.0.1/callback"],
                         "grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"none"{{more}}}
                        """);
                    break;
            }
        }

        private static X509Certificate2 NewCertificate()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        }
    }
}
