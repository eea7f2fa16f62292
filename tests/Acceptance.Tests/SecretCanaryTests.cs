using System.Text;
using Npgsql;

namespace Toolgate.Acceptance.Tests;

/// <summary>Secrets are written once and leave only towards their upstream.</summary>
public sealed class SecretCanaryTests : IAsyncLifetime
{
    private const string Personal = "personal-canary-51d0e6a9b27c4f38";
    private const string Replacement = "replaced-canary-c9a41f0d6e7b4d22";
    private const string Argument = "argument-canary-0e8a77b1f3c94d56";
    private readonly World world = new();

    public Task InitializeAsync() => world.InitializeAsync();

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task After_a_whole_run_no_table_no_answer_and_no_log_line_holds_a_secret()
    {
        world.Recorder.On = true;
        await world.Notes();
        var agent = await world.NewMember("member", "manage", "tools:invoke");
        await world.Connect("notes", "mine", agent.Rest, "user", Personal);
        var kit = await world.NewToolkit("notes.*");
        await world.Rule(kit, "*", "approve");
        var own = await world.NewToolkit(agent.Rest, "user", "notes.*");
        await world.Rule(own, "*", "approve", agent.Rest);
        world.Upstream.Forget();
        foreach (var mcp in new[] { world.Mcp(kit.Path, agent.Token), world.Mcp(own.Path, agent.Token), world.Mcp("/mcp", agent.Token) })
        {
            foreach (var tool in await mcp.List())
            {
                var address = Mcp.AddressOf(tool);
                var leaf = string.Join('.', address.Split('.')[3..]);
                if (NotesDocuments.Tools.TryGetValue(leaf, out var arguments))
                {
                    await mcp.Call(tool.GetProperty("name").GetString()!, arguments.Replace("From a test", Argument, StringComparison.Ordinal));
                }
            }
        }

        // Failures are where secrets leak: a refused key, a replaced one, an upstream that is gone, a connection that is deleted.
        world.Upstream.Keys.Clear();
        await world.Mcp(kit.Path, agent.Token).Call(Mcp.NameOf("notes.org.main.notes.listAll"));
        (await agent.Rest.Put("/api/connections/user/notes/mine/credentials", new { values = new { token = Replacement } })).Status.ShouldBeOneOf(200, 204);
        await agent.Rest.Post("/api/connections/user/notes/mine/test", new { });
        await world.Owner.Post("/api/connections", new { owner = "org", integration = "notes", name = "main", template = "key", values = new { token = Replacement } });
        await world.Owner.Post("/api/connections", new { owner = "org", integration = "notes", name = "bad", template = "key", values = new { tokn = Replacement } });
        await world.Owner.Post("/api/connections", "{\"owner\":\"org\",\"values\":{\"token\":\"" + Replacement + "\"},,}");
        (await agent.Rest.Delete("/api/connections/user/notes/mine")).Expect(204);
        await world.Server.Restart();
        await ReadEverything(agent);

        world.Upstream.Requests.Select(request => request.Header(NotesApi.KeyHeader)).Distinct().ShouldBeSubsetOf([World.OrgSecret, Personal, Replacement]);
        world.Upstream.Requests.ShouldContain(request => request.Header(NotesApi.KeyHeader) == Personal);
        string[] secrets = [World.OrgSecret, Personal, Replacement];
        var tables = await Tables();
        tables.Count.ShouldBeGreaterThan(8);
        foreach (var secret in secrets.Append(agent.Token).Append(world.Server.OwnerKey))
        {
            foreach (var (table, text) in tables)
            {
                Contains(text, secret).ShouldBeFalse($"{table} holds {secret[..12]}…");
            }

            world.Server.Logs.Lines.ShouldNotContain(line => line.Contains(secret, StringComparison.Ordinal));
        }

        tables.Where(table => table.Key.StartsWith("events.", StringComparison.Ordinal)).ShouldAllBe(table => !Contains(table.Value, Argument), "raw arguments never enter an event");
        foreach (var secret in secrets)
        {
            world.Recorder.Answers.ShouldNotContain(answer => answer.Contains(secret, StringComparison.Ordinal));
        }

        foreach (var file in Directory.EnumerateFiles(world.Server.DataFolder, "*", SearchOption.AllDirectories))
        {
            var text = await File.ReadAllTextAsync(file, Encoding.Latin1);
            secrets.ShouldAllBe(secret => !text.Contains(secret, StringComparison.Ordinal), file);
        }
    }

    /// <summary>Text as it is, and as the encodings in which it would hide: bytea in hex, base64.</summary>
    private static bool Contains(string text, string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        return text.Contains(secret, StringComparison.Ordinal)
            || text.Contains(Convert.ToHexStringLower(bytes), StringComparison.OrdinalIgnoreCase)
            || text.Contains(Convert.ToBase64String(bytes).TrimEnd('='), StringComparison.Ordinal);
    }

    /// <summary>Reads every GET route of the described API that takes no parameters, and the log's events one by one.</summary>
    private async Task ReadEverything(Member agent)
    {
        var description = (await world.Owner.Get("/api/openapi.json")).Expect(200).Json;
        foreach (var path in description.GetProperty("paths").EnumerateObject())
        {
            if (path.Value.TryGetProperty("get", out _) && !path.Name.Contains('{') && !path.Name.EndsWith("/stream", StringComparison.Ordinal))
            {
                await world.Owner.Get(path.Name);
                await agent.Rest.Get(path.Name);
            }
        }

        foreach (var item in await world.Events())
        {
            await world.Owner.Get($"/api/audit/events/{item.GetProperty("position").GetInt64()}");
        }

        await world.Owner.Get("/api/connections/org/notes/main");
    }

    private async Task<Dictionary<string, string>> Tables()
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var connection = new NpgsqlConnection(world.Server.Database.ConnectionString);
        await connection.OpenAsync();
        var names = new List<string>();
        await using (var list = new NpgsqlCommand("select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname in ('events', 'toolgate')", connection))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                names.Add(reader.GetString(0));
            }
        }

        foreach (var name in names)
        {
            var text = new StringBuilder();
            await using var read = new NpgsqlCommand($"select t::text from {name} t", connection);
            await using var rows = await read.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                text.AppendLine(rows.GetString(0));
            }

            texts[name] = text.ToString();
        }

        return texts;
    }
}
