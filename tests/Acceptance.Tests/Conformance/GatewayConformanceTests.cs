using Toolgate.Fixture;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>
/// The suites against a toolkit that passes the fixture through under its own names. Each runs once with an upstream of either era, so
/// that all four pairings of client and upstream are met.
/// </summary>
public sealed class GatewayConformanceTests(GatewayConformanceTests.Runs runs) : IClassFixture<GatewayConformanceTests.Runs>
{
    // The gateway answers a call whose upstream closed its stream without closing its own: there is nothing to come back for.
    private static readonly string[] Polling = ["server-sse-polling"];

    // What an upstream of the session era cannot give: it answers a missing capability with a tool error, and its questions have no
    // names, so that neither their names nor answers that come before the question can be known.
    private static readonly string[] OfLegacyUpstreams =
    [
        "sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400",
        "sep-2322-elicitation-incomplete", "sep-2322-ignore-unexpected-params",
    ];

    [Theory]
    [InlineData(Eras.Legacy)]
    [InlineData(Eras.Modern)]
    public async Task A_passing_toolkit_passes_the_released_suite(Eras upstream) => (await runs.Released[upstream]).ShouldPass(32, Polling);

    [Theory]
    [InlineData(Eras.Legacy)]
    [InlineData(Eras.Modern)]
    public async Task A_passing_toolkit_does_what_2025_11_25_requires(Eras upstream)
        => (await runs.Sessions[upstream]).ShouldPass(30).UnscoredFailures.ShouldBeEmpty();

    [Theory]
    [InlineData(Eras.Legacy)]
    [InlineData(Eras.Modern)]
    public async Task A_passing_toolkit_does_what_2026_07_28_requires(Eras upstream)
        => (await runs.Stateless[upstream]).ShouldPass(37, upstream == Eras.Legacy ? OfLegacyUpstreams : [])
            .UnscoredFailures.ShouldAllBe(name => name.StartsWith("tasks-", StringComparison.Ordinal));

    /// <summary>One gateway; each run has a toolkit and a fixture of its own, and they run at the same time.</summary>
    public sealed class Runs : IAsyncLifetime
    {
        private static readonly Eras[] Upstreams = [Eras.Legacy, Eras.Modern];
        private static readonly string[] Suites = ["released", "sessions", "stateless"];

        private readonly List<FixtureServer> fixtures = [];
        private ToolgateServer gateway = null!;

        public Dictionary<Eras, Task<SuiteRun>> Released { get; } = [];

        public Dictionary<Eras, Task<SuiteRun>> Sessions { get; } = [];

        public Dictionary<Eras, Task<SuiteRun>> Stateless { get; } = [];

        public async Task InitializeAsync()
        {
            var settings = World.Settings;
            foreach (var (index, slug) in Upstreams.SelectMany(_ => Suites, Slug).Index())
            {
                settings[$"Toolgate:Anonymous:Toolkits:{index}"] = slug;
            }

            gateway = await ToolgateServer.Start(settings);
            foreach (var upstream in Upstreams)
            {
                Released[upstream] = ConformanceSuite.RunAll(await Toolkit(upstream, "released"));
                Sessions[upstream] = ConformanceSuite.RunRequirements(await Toolkit(upstream, "sessions"), Versions.November);
                Stateless[upstream] = ConformanceSuite.RunRequirements(await Toolkit(upstream, "stateless"), Versions.Modern);
            }
        }

        public async Task DisposeAsync()
        {
            await Task.WhenAny(Task.WhenAll([.. Released.Values, .. Sessions.Values, .. Stateless.Values]));
            if (gateway is not null)
            {
                await gateway.DisposeAsync();
            }

            foreach (var fixture in fixtures)
            {
                await fixture.DisposeAsync();
            }
        }

        private static string Slug(Eras upstream, string suite) => $"{suite}-{upstream.ToString().ToLowerInvariant()}";

        /// <summary>Integration, connection and toolkit for a run; returns the toolkit's URL.</summary>
        private async Task<string> Toolkit(Eras upstream, string suite)
        {
            var fixture = await FixtureServer.Start();
            fixture.Behaviour.Eras = upstream;
            fixtures.Add(fixture);

            var slug = Slug(upstream, suite);
            await gateway.Api.Post("/api/integrations/mcp", new { slug, name = "Fixture", transport = "http", url = fixture.Url }, 201);
            await gateway.Api.Post("/api/connections", new { owner = "org", integration = slug, name = "main", template = "none" }, 201);
            var toolkit = await gateway.Api.Post("/api/toolkits", new { owner = "org", name = slug, slug, names = "upstream" }, 201);
            await gateway.Api.Post($"/api/toolkits/{toolkit["id"]}/connections", new { pattern = $"{slug}.org.main.*" }, 201);
            await gateway.Api.Post($"/api/toolkits/{toolkit["id"]}/policies", new { pattern = $"{slug}.*", action = "approve" }, 201);
            return new Uri(gateway.BaseAddress, "/mcp/toolkits/" + slug).ToString();
        }
    }
}
