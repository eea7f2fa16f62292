using Toolgate.Fixture;

namespace Toolgate.Acceptance.Tests;

/// <summary>The suites against the fixture itself: what fails through the gateway is then the gateway's.</summary>
public sealed class FixtureConformanceTests(FixtureConformanceTests.Runs runs) : IClassFixture<FixtureConformanceTests.Runs>
{
    [Fact]
    public async Task The_fixture_passes_the_released_suite() => (await runs.Released).ShouldPass(32);

    [Fact]
    public async Task The_fixture_does_what_2025_11_25_requires()
        => (await runs.Sessions).ShouldPass(30).UnscoredFailures.ShouldBeEmpty();

    [Fact]
    public async Task The_fixture_does_what_2026_07_28_requires()
        // Beside what is required run the scenarios of an extension that it does not offer.
        => (await runs.Stateless).ShouldPass(37).UnscoredFailures.ShouldAllBe(name => name.StartsWith("tasks-", StringComparison.Ordinal));

    [Fact]
    public async Task A_suite_that_finds_a_fault_says_where()
    {
        await using var broken = await FixtureServer.Start();
        broken.Catalog.Tools.Redefine("test_simple_text", tool => tool.Remove("description"));

        var run = await ConformanceSuite.Run(ConformanceSuite.Newest, broken.Url, "--scenario", "tools-list");

        var text = Should.Throw<ShouldAssertException>(() => run.ShouldPass(1)).Message;
        text.ShouldContain("FAILURE tools-list");
        text.ShouldContain("missing description");
    }

    /// <summary>The suites mostly wait, so they run at the same time, each against a server of its own.</summary>
    public sealed class Runs : IAsyncLifetime
    {
        private readonly List<FixtureServer> servers = [];

        public Task<SuiteRun> Released { get; private set; } = null!;

        public Task<SuiteRun> Sessions { get; private set; } = null!;

        public Task<SuiteRun> Stateless { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Released = ConformanceSuite.RunAll(await Server());
            Sessions = ConformanceSuite.RunRequirements(await Server(), Versions.November);
            Stateless = ConformanceSuite.RunRequirements(await Server(), Versions.Modern);
        }

        public async Task DisposeAsync()
        {
            // A server that leaves while its suite runs would look like a failure of the server.
            await Task.WhenAny(Task.WhenAll(Released, Sessions, Stateless));
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }

        private async Task<string> Server()
        {
            var server = await FixtureServer.Start();
            servers.Add(server);
            return server.Url;
        }
    }
}
