using System.Threading.Channels;
using Toolgate.EventStore;
using Toolgate.Fixture;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Mcp;

/// <summary>What servers say by themselves: lists that change, resources that are updated.</summary>
public sealed class FollowingTests : IAsyncLifetime
{
    private ToolgateServer server = null!;
    private McpWorld world = null!;

    public static TheoryData<Eras> BothEras => [Eras.Legacy, Eras.Modern];

    public async Task InitializeAsync()
    {
        var settings = McpHost.Settings;
        settings["Toolgate:Mcp:FollowCatalogs"] = "true";
        server = await ToolgateServer.Start(settings);
        world = new McpWorld(server);
    }

    public Task DisposeAsync() => server.DisposeAsync().AsTask();

    [Theory]
    [MemberData(nameof(BothEras))]
    public async Task A_change_that_a_server_announces_is_in_the_catalog(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        var slug = await world.Connected(upstream.Url);
        await upstream.Requests.Arrival(request => era == Eras.Legacy ? request.Verb == "GET" : request.Method == "subscriptions/listen", 1, "somebody who listens");

        await Changed(() => upstream.Catalog.Tools.Redefine("test_simple_text", tool => tool["description"] = "Another"), () => world.Tool(slug, "test_simple_text").Definition.Description == "Another");
    }

    [Fact]
    public async Task A_change_that_is_announced_during_a_call_is_in_the_catalog()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        var slug = await world.Connected(upstream.Url, "http");

        await Changed(() => world.Call(slug, "test_trigger_tool_change").AsTask().Wait(), () => world.Tools(slug).Any(tool => tool.Definition.Name == "fixture_passing_tool"));
    }

    [Fact]
    public async Task A_server_that_was_down_at_first_is_read_when_it_is_back()
    {
        var upstream = await FixtureServer.Start();
        await upstream.Kill();
        var slug = await world.Connected(upstream.Url);
        world.Tools(slug).ShouldBeEmpty();

        await Changed(() => upstream.Revive().Wait(), () => world.Tools(slug).Count > 0);

        (await world.Call(slug, "test_simple_text")).ShouldBeOfType<ToolOutcome.Relayed>();
        await upstream.DisposeAsync();
    }

    [Fact]
    public void A_server_whose_list_never_rests_is_read_ever_less_often()
    {
        var debounce = TimeSpan.FromMilliseconds(500);
        Enumerable.Range(0, 6).ShouldAllBe(changes => CatalogFollower.PauseAfter(changes, debounce) == debounce);
        CatalogFollower.PauseAfter(6, debounce).ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
        CatalogFollower.PauseAfter(1_000_000, debounce).ShouldBeInRange(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(5));
    }

    [Theory]
    [MemberData(nameof(BothEras))]
    public async Task An_update_of_a_resource_reaches_those_who_hold_it_and_nobody_afterwards(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        var slug = await world.Connected(upstream.Url);
        var updates = Channel.CreateUnbounded<string>();
        var upstreams = world.Get<IUpstreams>();
        var holder = upstreams.OnResourceUpdated(
            new Connections.Upstream(slug, default, "main"), "usr_test", default, "test://watched-resource", parameters => updates.Writer.TryWrite(System.Text.Encoding.UTF8.GetString(parameters.Span)));
        if (era == Eras.Legacy)
        {
            await upstream.Requests.Arrival("resources/subscribe");
        }
        else
        {
            await upstream.Requests.Arrival(request => request.Body.Contains("test://watched-resource", StringComparison.Ordinal), 1, "a subscription");
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!updates.Reader.TryRead(out var first))
        {
            // The stream that carries it may open a moment after the subscription.
            upstream.UpdateResource("test://watched-resource");
            await Task.Delay(50, patience.Token);
        }

        holder.Dispose();
        if (era == Eras.Legacy)
        {
            await upstream.Requests.Arrival("resources/unsubscribe");
        }
    }

    /// <summary>Does something and waits until the read models show what came of it.</summary>
    private async Task Changed(Action act, Func<bool> shown)
    {
        var models = world.Get<IReadModels>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(ReadSnapshot _) => Task.Run(() =>
        {
            if (shown())
            {
                done.TrySetResult();
            }
        });
        models.Published += Look;
        try
        {
            act();
            await done.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
        finally
        {
            models.Published -= Look;
        }
    }
}
