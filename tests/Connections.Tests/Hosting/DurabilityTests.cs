using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Connections.Tests.Hosting;

/// <summary>What outlives a process, and what never leaves it.</summary>
public sealed class DurabilityTests(ConnectionsServer host) : IClassFixture<ConnectionsServer>
{
    private static readonly object[] KeyTemplate = [new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key" } } }];

    [Fact]
    public async Task A_secret_is_nowhere_but_in_its_envelope()
    {
        const string canary = "canary-7f3a91c2e5";
        const string second = "canary-0b64d81f77";
        var slug = await host.Import(authTemplates: KeyTemplate);
        var texts = new StringBuilder();
        async Task Do(HttpMethod method, string path, object? body, int expect, params (string, string)[] headers)
        {
            var answer = await host.Api.Send(method, path, body, expect, headers);
            texts.Append(answer.Text).Append(string.Join(';', answer.Headers));
        }

        await Do(HttpMethod.Post, "/api/connections", new { owner = "org", integration = slug, name = "main", template = "key", values = new { token = canary } }, 201, ("Idempotency-Key", "once"));
        await Do(HttpMethod.Post, "/api/connections", new { owner = "org", integration = slug, name = "main", template = "key", values = new { token = canary } }, 409);
        await Do(HttpMethod.Post, "/api/connections", new { owner = "org", integration = slug, name = "next", template = "key", values = new { token = canary + "\n" } }, 422);
        await Do(HttpMethod.Post, "/api/connections", $$"""{"owner":"org","integration":"{{slug}}","name":"next","template":"key","values":{"token":["{{canary}}"]} }""", 422);
        await Do(HttpMethod.Post, "/api/connections", $$"""{"owner":"org","values":{"token":"{{canary}}" """, 400);
        await host.Call($"{slug}.org.main.issues.listIssues");
        host.Upstream.Requests.Last().Headers["X-Key"].ShouldBe(canary, "the control: it is in use");
        await Do(HttpMethod.Put, $"/api/connections/org/{slug}/main/credentials", new { values = new { token = second } }, 200);
        await Do(HttpMethod.Post, $"/api/connections/org/{slug}/main/test", null, 200);
        await Do(HttpMethod.Get, "/api/connections", null, 200);
        await Do(HttpMethod.Get, $"/api/connections/org/{slug}/main", null, 200);
        await Do(HttpMethod.Get, $"/api/integrations/{slug}", null, 200);

        var dump = await Dump();
        dump.ShouldContain("ConnectionCreated", Case.Insensitive, "the control: events are in the dump");
        foreach (var value in new[] { canary, second })
        {
            texts.ToString().ShouldNotContain(value);
            dump.ShouldNotContain(value);
            dump.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(value)));
            dump.ShouldNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value)));
            string.Join('\n', host.Server.Logs.Lines).ShouldNotContain(value);
        }
    }

    [Fact]
    public async Task A_rotation_of_the_master_key_leaves_every_secret_readable_and_needs_the_old_key_no_more()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        await host.Connect(slug, "one", template: "key", values: new { token = "value-one" });
        var keyFile = Path.Combine(host.Server.DataFolder, "master.key");
        var old = (await File.ReadAllLinesAsync(keyFile))[0];
        var keys = host.Server.Services.GetRequiredService<ISecretKeys>();
        var rotated = (await keys.Rotate(EventMetadata.System)).ShouldNotBeNull();
        rotated.Rewrapped.ShouldBeGreaterThan(0);
        rotated.Unreadable.ShouldBe(0);
        (await keys.Rotate(EventMetadata.System)).ShouldNotBeNull().Rewrapped.ShouldBe(rotated.Rewrapped);
        (await File.ReadAllTextAsync(keyFile)).ShouldNotContain(old);
        (await host.Server.Database.Scalar<long>("select count(distinct master_key_id) from toolgate.secrets")).ShouldBe(1);

        await host.Server.Restart();
        await host.Connect(slug, "two", template: "key", values: new { token = "value-two" });
        host.Upstream.Requests.Clear();
        await host.Call($"{slug}.org.one.issues.listIssues");
        await host.Call($"{slug}.org.two.issues.listIssues");
        host.Upstream.Requests.Select(request => request.Headers["X-Key"]).ShouldBe(["value-one", "value-two"]);
    }

    [Fact]
    public async Task The_master_key_is_rotated_while_calls_run_and_connections_are_made()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        await host.Connect(slug, "calls", template: "key", values: new { token = "value-calls" });
        var keyFile = Path.Combine(host.Server.DataFolder, "master.key");
        var old = (await File.ReadAllLinesAsync(keyFile))[0];
        using var enough = new CancellationTokenSource();
        var calls = Task.Run(async () =>
        {
            var made = 0;
            for (; !enough.IsCancellationRequested; made++)
            {
                (await host.Call($"{slug}.org.calls.issues.listIssues")).ShouldBeOfType<ToolOutcome.Answered>();
            }

            return made;
        });
        for (var i = 0; i < 4; i++)
        {
            var rotations = Enumerable.Range(0, 2).Select(_ => host.Api.Send(HttpMethod.Post, "/api/secrets/rotation", new { }, 0)).ToArray();
            await host.Connect(slug, $"made{i}", template: "key", values: new { token = $"value-{i}" });
            (await host.Call($"{slug}.org.made{i}.issues.listIssues")).ShouldBeOfType<ToolOutcome.Answered>("made and opened during a rotation");
            (await Task.WhenAll(rotations)).ShouldAllBe(answer => answer.Status == System.Net.HttpStatusCode.OK || answer.Json.Code() == "urn:toolgate:problem:rotation-running");
            rotations.ShouldContain(rotation => rotation.Result.Status == System.Net.HttpStatusCode.OK);
        }

        await enough.CancelAsync();
        (await calls).ShouldBeGreaterThan(0);
        (await File.ReadAllTextAsync(keyFile)).ShouldNotContain(old);
        await host.Api.Post("/api/secrets/rotation", new { }, 200);
        (await host.Server.Database.Scalar<long>("select count(distinct master_key_id) from toolgate.secrets")).ShouldBe(1);

        await host.Server.Restart();
        host.Upstream.Requests.Clear();
        foreach (var name in new[] { "calls", "made0", "made1", "made2", "made3" })
        {
            await host.Call($"{slug}.org.{name}.issues.listIssues");
        }

        host.Upstream.Requests.Select(request => request.Headers["X-Key"]).ShouldBe(["value-calls", "value-0", "value-1", "value-2", "value-3"]);
    }

    [Fact]
    public async Task Only_owners_rotate_the_master_key()
    {
        var keyFile = Path.Combine(host.Server.DataFolder, "master.key");
        var before = await File.ReadAllTextAsync(keyFile);
        var (member, _) = await host.Member();
        (await member.Post("/api/secrets/rotation", new { }, 403)).Code().ShouldNotBeNull().ShouldBe("urn:toolgate:problem:role-too-small");
        (await File.ReadAllTextAsync(keyFile)).ShouldBe(before);
        RotatingMasterKey.Refused(new Principal("usr_a", "Admin", Role.Admin, Scopes.All, "key_a")).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_damaged_catalog_costs_its_own_tools_alone_and_importing_it_again_mends_it()
    {
        var (damaged, whole) = (await host.Import("http://damaged.invalid"), await host.Import());
        await host.Connect(whole, "open");
        await host.Server.Database.Execute(
            $"update toolgate.blobs set content = '\\x0102' where digest in (select data->>'catalogDigest' from events.mt_events where stream_id = 'integration-{damaged}')");
        await host.Server.Restart();
        (await host.Call($"{whole}.org.open.issues.listIssues")).ShouldBeOfType<ToolOutcome.Answered>();
        (await host.Api.Get($"/api/integrations/{damaged}")).ToJsonString().ShouldContain("catalog_damaged");

        await host.Api.Delete($"/api/integrations/{damaged}");
        await host.Import("http://damaged.invalid", slug: damaged);
        (await host.Api.Get($"/api/integrations/{damaged}")).ToJsonString().ShouldNotContain("catalog_damaged");
        await host.Server.Restart();
        (await host.Api.Get($"/api/integrations/{damaged}")).ToJsonString().ShouldNotContain("catalog_damaged");
    }

    [Fact]
    public async Task A_secret_whose_key_is_lost_is_a_missing_connection_and_nothing_else_breaks()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        await host.Connect(slug, template: "key", values: new { token = "abc" });
        await host.Connect(slug, "open");
        await host.Server.Database.Execute($"update toolgate.secrets set master_key_id = 'mk_lost' where id in (select data->>'secretId' from events.mt_events where stream_id = 'connection-org-{slug}-main')");
        (await host.Call($"{slug}.org.main.issues.listIssues")).Error().Code.ShouldBe("connection_missing");
        (await host.Call($"{slug}.org.open.issues.listIssues")).ShouldBeOfType<ToolOutcome.Answered>();
        (await host.Server.Services.GetRequiredService<ISecretKeys>().Rotate(EventMetadata.System)).ShouldNotBeNull().Unreadable.ShouldBe(1);
        await host.Api.Put($"/api/connections/org/{slug}/main/credentials", new { values = new { token = "new" } }, 200);
        (await host.Call($"{slug}.org.main.issues.listIssues")).ShouldBeOfType<ToolOutcome.Answered>();
    }

    [Fact]
    public async Task A_restart_keeps_everything()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        await host.Connect(slug, template: "key", values: new { token = "after-restart" });
        var before = (await host.Api.Get($"/api/integrations/{slug}"), await host.Api.Get($"/api/connections/org/{slug}/main"));
        await host.Server.Restart();
        JsonNode.DeepEquals(await host.Api.Get($"/api/integrations/{slug}"), before.Item1).ShouldBeTrue();
        JsonNode.DeepEquals(await host.Api.Get($"/api/connections/org/{slug}/main"), before.Item2).ShouldBeTrue();
        await host.Call($"{slug}.org.main.issues.listIssues");
        host.Upstream.Requests.Last().Headers["X-Key"].ShouldBe("after-restart");
    }

    [Fact]
    public async Task A_replay_gives_the_same_state_and_calls_nobody()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        await host.Connect(slug, "b", template: "key", values: new { token = "abc" });
        await host.Connect(slug, "a");
        await host.Api.Patch($"/api/connections/org/{slug}/a", new { description = "x" }, 200);
        await host.Api.Patch($"/api/integrations/{slug}", new { name = "y" }, 200);
        await host.Api.Delete($"/api/connections/org/{slug}/a");
        host.Upstream.Requests.Clear();
        var report = await host.Server.Services.GetRequiredService<IReplay>().Run();
        var model = report.Models.Single(row => row.Name == "connections");
        model.RebuiltDigest.ShouldBe(model.LiveDigest);
        host.Upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_state_survives_its_own_bytes()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        await host.Connect(slug, template: "key", values: new { token = "abc" });
        var model = host.Server.Services.GetServices<IReadModel>().Single(candidate => candidate.Name == "connections");
        var bytes = model.Serialize(host.Server.Services.GetRequiredService<IReadModels>().Current.Get<ConnectionsState>());
        model.Serialize(model.Deserialize(bytes)).ShouldBe(bytes);
        Encoding.UTF8.GetString(bytes).ShouldContain(slug);
    }

    [Fact]
    public async Task The_past_has_its_own_catalog()
    {
        var slug = await host.Import();
        var made = await host.Api.Send(HttpMethod.Post, "/api/connections", new { owner = "org", integration = slug, name = "main", template = "none" }, 201);
        await host.Api.Put($"/api/integrations/{slug}/source", new { spec = new { document = """{"openapi":"3.1.0","info":{"title":"T","version":"2"},"servers":[{"url":"https://x.example"}],"paths":{}}""" } }, 200);
        var models = host.Server.Services.GetRequiredService<IReadModels>();
        var catalog = host.Server.Services.GetRequiredService<ICatalog>();
        var then = await models.At(made.Position);
        catalog.At(then).Org.Count(tool => tool.Integration == slug).ShouldBe(3);
        catalog.At(models.Current).Org.ShouldNotContain(tool => tool.Integration == slug);
        catalog.At(models.Current).ShouldBeSameAs(catalog.At(models.Current));
    }

    [Fact]
    public async Task Only_what_changed_is_made_anew_in_the_catalog()
    {
        var (one, two) = (await host.Import(), await host.Import());
        await host.Connect(one);
        await host.Connect(two);
        var models = host.Server.Services.GetRequiredService<IReadModels>();
        var catalog = host.Server.Services.GetRequiredService<ICatalog>();
        var before = catalog.At(models.Current);
        before.Org.Select(tool => tool.Address).ShouldBe(before.Org.Select(tool => tool.Address).Order(StringComparer.Ordinal));

        await host.Api.Patch($"/api/connections/org/{one}/main", new { description = "words" }, 200);
        catalog.At(models.Current).ShouldBeSameAs(before, "no tool changed");

        await host.Api.Put($"/api/integrations/{two}/source", new { spec = new { document = Documents.Tracker("https://x.example") } }, 200);
        var after = catalog.At(models.Current);
        after.ShouldNotBeSameAs(before);
        foreach (var tool in after.Org.Where(tool => tool.Integration == one))
        {
            before.Org.ShouldContain(tool);
        }

        after.Org.Where(tool => tool.Integration == two).ShouldAllBe(tool => !before.Org.Contains(tool));
    }

    /// <summary>Every row of every table of both schemas as text.</summary>
    private async Task<string> Dump()
    {
        await using var source = NpgsqlDataSource.Create(host.Server.Database.ConnectionString);
        var tables = new List<string>();
        await using (var list = source.CreateCommand("select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        var dump = new StringBuilder();
        foreach (var table in tables)
        {
            dump.AppendLine(table);
            await using var read = source.CreateCommand($"select t::text from {table} t");
            await using var rows = await read.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                dump.AppendLine(rows.GetString(0));
            }
        }

        return dump.ToString();
    }
}
