using System.Globalization;
using System.Text.RegularExpressions;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>The suites' scenarios for clients, driven through Toolgate as the client of an upstream: REST, the page of the callback, and calls of tools.</summary>
public sealed partial class UpstreamAuthConformanceTests : IAsyncLifetime
{
    private const string Email = "ada@example.com";
    private const string Password = "correct horse battery";

    /// <summary>
    /// In the released suite the metadata at the origin state the issuer <c>{origin}/oauth</c>, which RFC 8414 section 3.3 has every client refuse; the newest one states
    /// the origin, and passes.
    /// </summary>
    private const string Misstated = "auth/2025-03-26-oauth-metadata-backcompat";

    private ToolgateServer server = null!;

    public async Task InitializeAsync() => server = await ToolgateServer.Start(new Dictionary<string, string>
    {
        ["Toolgate:Egress:AllowPrivateNetworks"] = "true",
        ["Toolgate:Mcp:FollowCatalogs"] = "false",
        ["Toolgate:Owner:Email"] = Email,
        ["Toolgate:Owner:Password"] = Password,

        // Nobody fetches it: the suite compares the identifier of the client with this very URL.
        ["Toolgate:PublicUrl"] = "https://conformance-test.local",
        ["Toolgate:UpstreamOAuth:ClientMetadataUrl"] = "https://conformance-test.local/client-metadata.json",
        ["Toolgate:Hosts:0"] = "127.0.0.1",
    });

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Theory]
    [InlineData(ConformanceSuite.Released, "auth", 14)]
    [InlineData(ConformanceSuite.Released, "backcompat", 2)]
    [InlineData(ConformanceSuite.Released, "draft", 3)]
    [InlineData(ConformanceSuite.Newest, "auth", 14)]
    [InlineData(ConformanceSuite.Newest, "backcompat", 2)]
    [InlineData(ConformanceSuite.Newest, "draft", 11)]
    public async Task The_client_auth_scenarios_pass(string package, string suite, int count)
    {
        using var browser = new Browser(server.BaseAddress);
        await browser.Post("/sign-in", ("email", Email), ("password", Password));
        var output = await ConformanceSuite.RunClient(
            package, Path.Combine("clients", "upstream-auth.mjs"),
            new Dictionary<string, string> { ["TOOLGATE_URL"] = server.BaseAddress.GetLeftPart(UriPartial.Authority), ["TOOLGATE_KEY"] = server.OwnerKey, ["TOOLGATE_COOKIE"] = "__Host-toolgate=" + browser.Cookie },
            "--suite", suite, "--timeout", "120000", "--verbose");
        var scenarios = Scenario().Matches(output)
            .Select(match => (Name: match.Groups[2].Value, Passed: match.Groups[1].Value == "✓", Checks: int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture))).ToArray();
        scenarios.Length.ShouldBe(count, output);
        scenarios.Where(scenario => !scenario.Passed || scenario.Checks == 0).Select(scenario => scenario.Name)
            .Except(package == ConformanceSuite.Released ? [Misstated] : []).ShouldBeEmpty(output);
    }

    [GeneratedRegex(@"^([✓✗]) (auth/\S+): (\d+) passed", RegexOptions.Multiline)]
    private static partial Regex Scenario();
}
