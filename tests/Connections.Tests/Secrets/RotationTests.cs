using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Secrets;

/// <summary>Two hosts on one database and one data folder, one of which rotates the master key while the other works.</summary>
public sealed class RotationTests : IAsyncLifetime
{
    private static readonly object[] KeyTemplate = [new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key" } } }];
    private Upstream upstream = null!;
    private ToolgateServer one = null!;
    private ToolgateServer two = null!;

    public async Task InitializeAsync()
    {
        upstream = await Upstream.Start(ConnectionsServer.Default);
        one = await ToolgateServer.Start(ConnectionsServer.Settings);
        two = await ToolgateServer.Start(new Dictionary<string, string>(ConnectionsServer.Settings)
        {
            ["ConnectionStrings:Toolgate"] = one.Database.ConnectionString,
            ["Toolgate:DataDirectory"] = one.DataFolder,
        });
        await one.Api.Post("/api/integrations/openapi", new { slug = "tracker", spec = new { document = Documents.Tracker(upstream.Url) }, authTemplates = KeyTemplate }, 201);
    }

    public async Task DisposeAsync()
    {
        await two.DisposeAsync();
        await one.DisposeAsync();
        await upstream.DisposeAsync();
    }

    [Fact]
    public async Task One_node_rotates_while_the_other_seals_and_opens()
    {
        using var other = new ApiClient(two.BaseAddress, one.OwnerKey);
        using var enough = new CancellationTokenSource();
        var rotating = Task.Run(async () =>
        {
            var rotated = 0;
            for (; !enough.IsCancellationRequested; rotated++)
            {
                (await one.Api.Post("/api/secrets/rotation", new { }, 200))["unreadable"]!.GetValue<int>().ShouldBe(0);
            }

            return rotated;
        });
        string[] names = [.. Enumerable.Range(0, 12).Select(i => $"made{i}")];
        foreach (var name in names)
        {
            await other.Post("/api/connections", new { owner = "org", integration = "tracker", name, template = "key", values = new { token = "value-" + name } }, 201);
            (await Call(two, name)).ShouldBeOfType<ToolOutcome.Answered>();
        }

        await enough.CancelAsync();
        (await rotating).ShouldBeGreaterThan(1);
        foreach (var node in new[] { one, two })
        {
            await node.Services.GetRequiredService<IReadModels>().WaitFor(await node.Services.GetRequiredService<IEventStore>().Head());
            upstream.Requests.Clear();
            foreach (var name in names)
            {
                (await Call(node, name)).ShouldBeOfType<ToolOutcome.Answered>();
            }

            upstream.Requests.Select(request => request.Headers["X-Key"]).ShouldBe(names.Select(name => "value-" + name));
        }
    }

    [Fact]
    public async Task A_state_that_was_sealed_before_a_rotation_is_opened_after_it_on_every_node()
    {
        var sealing = two.Services.GetRequiredService<IStateSeal>();
        var text = sealing.Seal("parked"u8, "test");
        await one.Api.Post("/api/secrets/rotation", new { }, 200);
        foreach (var node in new[] { one, two })
        {
            Encoding.UTF8.GetString(node.Services.GetRequiredService<IStateSeal>().Open(text, "test").ShouldNotBeNull()).ShouldBe("parked");
        }

        Encoding.UTF8.GetString(one.Services.GetRequiredService<IStateSeal>().Open(sealing.Seal("new"u8, "test"), "test").ShouldNotBeNull()).ShouldBe("new");
    }

    [Fact]
    public async Task A_rotation_is_on_record_without_a_key()
    {
        var rotation = await one.Api.Post("/api/secrets/rotation", new { }, 200);
        var logged = (await one.Api.Get("/api/audit/events?type=master_key_rotated"))["items"]!.AsArray().ShouldHaveSingleItem()!;
        var whole = await one.Api.Get($"/api/audit/events/{logged["position"]!.GetValue<long>()}");
        whole["data"]!["keyId"]!.GetValue<string>().ShouldBe(rotation["keyId"]!.GetValue<string>());
        whole["actor"]!.GetValue<string>().ShouldStartWith("usr_");
        foreach (var key in await File.ReadAllLinesAsync(Path.Combine(one.DataFolder, "master.key")))
        {
            whole.ToJsonString().ShouldNotContain(key);
        }
    }

    private static async Task<ToolOutcome> Call(ToolgateServer node, string name)
    {
        var tool = node.Services.GetRequiredService<ICatalog>().At(node.Services.GetRequiredService<IReadModels>().Current).Org
            .Single(tool => tool.Address == $"tracker.org.{name}.issues.listIssues");
        return await node.Services.GetRequiredService<IToolInvoker>().Invoke(
            tool, "{}"u8.ToArray(), CallClient.Silent(new Principal("usr_test", "Test", Role.Owner, Scopes.All, "key_test")), default);
    }
}
