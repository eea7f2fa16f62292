using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Toolgate.Access.Tests;

public sealed class IssuerKeysTests : IDisposable
{
    private const string Discovery = TestIssuer.Issuer + "/.well-known/openid-configuration";
    private const string Metadata = "https://issuer.example/.well-known/oauth-authorization-server/tenant";
    private const string Keys = "https://issuer.example/keys";
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Shelf shelf = new();
    private readonly TestIssuer issuer = new(Now);

    public void Dispose() => issuer.Dispose();

    [Theory]
    [InlineData(Discovery)]
    [InlineData(Metadata)]
    public async Task Keys_are_found_by_the_metadata_of_either_kind(string address)
    {
        shelf.Documents[address] = About(TestIssuer.Issuer);
        shelf.Documents[Keys] = issuer.KeySet();
        var (life, taken) = await Load();
        (life, taken).ShouldBe((TimeSpan.FromMinutes(5), true));
    }

    [Fact]
    public async Task Keys_that_may_be_kept_for_long_are_read_again_within_the_hour()
    {
        shelf.Lifetime = TimeSpan.FromDays(1);
        shelf.Documents[Discovery] = About(TestIssuer.Issuer);
        shelf.Documents[Keys] = issuer.KeySet();
        (await Load()).Life.ShouldBe(TimeSpan.FromHours(1));
    }

    [Theory]
    [InlineData("https://other.example")]
    [InlineData(TestIssuer.Issuer + "/")]
    public async Task Metadata_of_another_issuer_are_not_believed(string other)
    {
        shelf.Documents[Discovery] = About(other);
        shelf.Documents[Metadata] = About(other);
        shelf.Documents[Keys] = issuer.KeySet();
        (await Load()).ShouldBe((null, false));
        shelf.Asked.ShouldNotContain(Keys);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"issuer\":\"" + TestIssuer.Issuer + "\"}")]
    [InlineData("{\"issuer\":\"" + TestIssuer.Issuer + "\",\"jwks_uri\":\"keys\"}")]
    public async Task Metadata_that_are_none_bring_no_keys(string text)
    {
        shelf.Documents[Discovery] = text;
        (await Load()).ShouldBe((null, false));
    }

    [Fact]
    public async Task An_issuer_that_is_down_brings_no_keys() => (await Load()).ShouldBe((null, false));

    [Fact]
    public async Task Keys_that_are_none_are_not_taken()
    {
        shelf.Documents[Discovery] = About(TestIssuer.Issuer);
        shelf.Documents[Keys] = """{"keys":[]}""";
        (await Load()).ShouldBe((null, false));
    }

    private static string About(string name) => $$"""{"issuer":"{{name}}","jwks_uri":"{{Keys}}"}""";

    private async Task<(TimeSpan? Life, bool Taken)> Load()
    {
        var options = new AccessOptions { OAuth = new OAuthOptions { Issuers = [new IssuerOptions { Issuer = TestIssuer.Issuer, Audience = "api" }] } };
        var tokens = new ExternalTokens(Options.Create(options), TimeProvider.System);
        using var keys = new IssuerKeys(tokens, shelf, TimeProvider.System, NullLogger<IssuerKeys>.Instance);
        var life = await keys.Load(tokens.Issuers[0], CancellationToken.None);
        return (life, tokens.Issuers[0].Revision is not null);
    }

    /// <summary>Where documents are got from.</summary>
    private sealed class Shelf : IGuardedFetch
    {
        public Dictionary<string, string> Documents { get; } = [];

        public List<string> Asked { get; } = [];

        public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

        public Task<Fetched> Get(Uri url, int maxBytes, CancellationToken cancellationToken)
        {
            Asked.Add(url.AbsoluteUri);
            return Task.FromResult(Documents.TryGetValue(url.AbsoluteUri, out var text) ? new Fetched(Encoding.UTF8.GetBytes(text), Lifetime, null) : Fetched.Failed("down"));
        }
    }
}
