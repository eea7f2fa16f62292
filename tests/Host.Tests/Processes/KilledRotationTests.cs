using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

/// <summary>A host that is killed in the middle of a rotation of the master key.</summary>
public sealed class KilledRotationTests : IAsyncLifetime, IDisposable
{
    private const int Connections = 10;
    private readonly TestFolder folder = new();
    private readonly ConcurrentQueue<string> seen = new();
    private readonly string key = "tgk_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
    private TestDatabase database = null!;
    private WebApplication upstream = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.Create();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        upstream = builder.Build();
        upstream.Run(context =>
        {
            seen.Enqueue(context.Request.Headers["X-Key"].ToString());
            return context.Response.WriteAsync("ok");
        });
        await upstream.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await upstream.DisposeAsync();
        await database.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task everything_opens_after_a_kill_in_the_middle_of_a_rotation_and_the_next_one_ends_it()
    {
        await using var first = Start();
        using var api = new ApiClient(await first.Serving(), key);
        await api.Post("/api/integrations/openapi", new
        {
            slug = "tracker",
            spec = new { document = $$"""{"openapi":"3.1.0","info":{"title":"T","version":"1"},"servers":[{"url":"{{upstream.Urls.First()}}"}],"paths":{"/a":{"get":{"operationId":"readIt","responses":{"200":{"description":"ok"} } } } } }""" },
            authTemplates = new[] { new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key" } } } },
        }, 201);
        for (var i = 0; i < Connections; i++)
        {
            await api.Post("/api/connections", new { owner = "org", integration = "tracker", name = $"c{i}", template = "key", values = new { token = $"value-{i}" } }, 201);
        }

        // A row that somebody else holds: the rotation gets half way and no further.
        await using var blocker = new NpgsqlConnection(database.ConnectionString);
        await blocker.OpenAsync();
        await using var held = await blocker.BeginTransactionAsync();
        var middle = await database.Scalar<string>($"select id from toolgate.secrets order by id offset {Connections / 2} limit 1");
        await using (var take = new NpgsqlCommand($"select id from toolgate.secrets where id = '{middle}' for update", blocker, held))
        {
            (await take.ExecuteScalarAsync()).ShouldNotBeNull();
        }

        var rotation = Swallow(api.Send(HttpMethod.Post, "/api/secrets/rotation", new { }, 0));
        await Patience.Until(
            async () => await database.Scalar<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'update toolgate.secrets%'") > 0,
            "the rotation has come to the row that is held");
        (await database.Scalar<long>("select count(distinct master_key_id) from toolgate.secrets")).ShouldBe(2, "it is half done");
        (await api.Post("/api/secrets/rotation", new { }, 409))["type"]!.GetValue<string>().ShouldBe("urn:toolgate:problem:rotation-running");

        first.Kill();
        await rotation;
        await held.RollbackAsync();

        await using var second = Start();
        using var again = new ApiClient(await second.Serving(), key);
        await CallAll(again);
        var rotated = await again.Post("/api/secrets/rotation", new { }, 200);
        rotated["unreadable"]!.GetValue<int>().ShouldBe(0);
        (await database.Scalar<long>("select count(distinct master_key_id) from toolgate.secrets")).ShouldBe(1);
        await CallAll(again);
        File.ReadAllLines(folder["data/master.key"]).Length.ShouldBe(2, "the keys that nothing is wrapped with are gone, but for the last one");
    }

    private async Task CallAll(ApiClient api)
    {
        seen.Clear();
        for (var i = 0; i < Connections; i++)
        {
            (await api.Post($"/api/connections/org/tracker/c{i}/test", new { }, 200))["outcome"]!.GetValue<string>().ShouldBe("accepted");
        }

        seen.ShouldBe(Enumerable.Range(0, Connections).Select(i => $"value-{i}"));
    }

    private HostProcess Start() => HostProcess.Start(
        "--ConnectionStrings:Toolgate=" + database.ConnectionString, "--Toolgate:DataDirectory=" + folder["data"], "--Toolgate:BootstrapKey=" + key,
        "--Toolgate:Egress:AllowPrivateNetworks=true");

    /// <summary>Waits for an answer that need not come.</summary>
    private static async Task Swallow(Task request)
    {
        try
        {
            await request;
        }
        catch (HttpRequestException)
        {
            // The host was killed.
        }
    }
}
