using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>What is stored of a tool goes bad, or the validator grows stricter: that tool is gone, and nothing else is.</summary>
public sealed class QuarantineTests(ConnectionsServer world) : IClassFixture<ConnectionsServer>
{
    [Theory]
    [InlineData("/mcpTools/0/inputSchema/properties/title", """{ "type": "strng" }""")]
    [InlineData("/mcpTools/0/inputSchema/properties/title", """{ "type": "string", "pattern": "(" }""")]
    [InlineData("/mcpTools/0/inputSchema/properties/title", """{ "$ref": "#/nowhere" }""")]
    [InlineData("/mcpTools/0/inputSchema/properties/title", "null")]
    [InlineData("/mcpTools/0/inputSchema", """{ "type": "string" }""")]
    [InlineData("/mcpTools/0/inputSchema", "null")]
    [InlineData("/mcpTools/0/route", "\"none\"")]
    [InlineData("/capabilities", "[]")]
    [InlineData("/mcpTools/0/description", "\"Says something else than what was approved.\"")]
    [InlineData("/service/baseUrl", "\"https://evil.example.com\"")]
    [InlineData("/id", "\"someone-else\"")]
    public async Task A_stored_tool_that_is_not_what_was_approved_is_quarantined_alone(string pointer, string json)
    {
        var manifest = Manifests.With(manifest => manifest.Drop("/service/allowedHosts"));
        var valid = Manifests.Valid(manifest);
        var stored = JsonNode.Parse(valid.Tools[0].Content.Span)!;
        stored.Set(pointer, json);
        await Judged(valid, Encoding.UTF8.GetBytes(stored.ToJsonString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{}")]
    public async Task Stored_bytes_that_mean_nothing_are_quarantined_alone(string text) => await Judged(Manifests.Valid(), Encoding.UTF8.GetBytes(text));

    [Fact]
    public async Task Ten_thousand_levels_are_quarantined_alone()
        => await Judged(Manifests.Valid(), Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000)));

    [Theory]
    [InlineData(@"update toolgate.blobs set content = '\x00010203' where digest = $1")]
    [InlineData(@"update toolgate.blobs set content = '\x' where digest = $1")]
    [InlineData("update toolgate.blobs set content = substring(content from 1 for 20) where digest = $1")]
    [InlineData("update toolgate.blobs set content = (select content from toolgate.blobs where digest <> $1 limit 1) where digest = $1")]
    [InlineData("delete from toolgate.blobs where digest = $1")]
    public async Task A_corrupt_row_takes_its_own_tool_and_the_host_starts_and_serves_the_others(string damage)
    {
        await using var server = await ToolgateServer.Start(ConnectionsServer.Settings);
        var manifest = Manifests.With(manifest =>
        {
            manifest.Drop("/service/allowedHosts");
            manifest["service"]!["baseUrl"] = world.Upstream.Url;
        });
        var other = manifest.DeepClone();
        other["id"] = "neighbour";
        foreach (var (id, body) in new[] { ("calendar-sync", manifest), ("neighbour", other) })
        {
            await server.Api.Post("/api/integrations/plugins", body, 201);
            await server.Api.Post($"/api/integrations/plugins/{id}/enable", new { }, 200);
            await server.Api.Post("/api/connections", new { owner = "org", integration = id, name = "main", template = "none" }, 201);
        }

        var content = Manifests.Open.Read(Encoding.UTF8.GetBytes(manifest.ToJsonString())).Manifest!.Tools[0].Content;
        await server.Stop();
        (await Execute(server, damage, BlobStore.DigestOf(content.Span))).ShouldBe(1);

        await server.Restart();
        Addresses(server).ShouldBe(["calendar-sync.org.main.list_events", "neighbour.org.main.create_event", "neighbour.org.main.list_events"]);
        var shown = await server.Api.Get("/api/integrations/plugins/calendar-sync");
        shown["tools"]!.AsArray().Select(tool => (tool!["name"]!.GetValue<string>(), tool["state"]!.GetValue<string>(), tool["listed"]!.GetValue<bool>()))
            .ShouldBe([("create_event", "quarantined", false), ("list_events", "approved", true)]);
        (await server.Api.Get("/api/integrations/calendar-sync"))["diagnostics"]!.AsArray().ShouldHaveSingleItem()!["code"]!.GetValue<string>().ShouldBe("quarantined");

        var id2 = (await server.Api.Post("/api/members", new { name = "Member", role = "member" }, 201))["id"]!.GetValue<string>();
        using var member = server.Api.As((await server.Api.Post("/api/account/api-keys", new { name = "test", memberId = id2 }, 201))["value"]!.GetValue<string>());
        (await member.Get("/api/integrations/calendar-sync"))["diagnostics"]!.AsArray().ShouldBeEmpty();
    }

    private static string[] Addresses(ToolgateServer server)
        => [.. server.Services.GetRequiredService<ICatalog>().At(server.Services.GetRequiredService<IReadModels>().Current).Org.Select(tool => tool.Address)];

    private static async Task<int> Execute(ToolgateServer server, string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(server.Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.AddWithValue(value);
        }

        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>Stores the content under its true digest, as if it had been accepted once, beside a good tool.</summary>
    private async Task Judged(PluginManifest valid, byte[] content)
    {
        var digest = BlobStore.DigestOf(content);
        foreach (var (key, bytes) in new[] { (digest, (ReadOnlyMemory<byte>)content), (BlobStore.DigestOf(valid.Tools[1].Content.Span), valid.Tools[1].Content) })
        {
            var write = BlobStore.Store(key, bytes);
            await Execute(world.Server, write.Sql, write.Parameters);
        }

        PluginTool Tool(ManifestTool tool, string stored) => new(tool.Name, PluginCompiler.DigestOf(valid, tool), stored, PluginCompiler.DigestOf(valid, tool));
        var roster = new PluginRoster(valid.Id, [Tool(valid.Tools[0], digest), Tool(valid.Tools[1], BlobStore.DigestOf(valid.Tools[1].Content.Span))]);
        var plugins = world.Server.Services.GetRequiredService<PluginCatalogs>();
        foreach (var catalog in new[] { await plugins.Read(roster, CancellationToken.None), plugins.Read(roster) })
        {
            catalog.Tools.ShouldHaveSingleItem().Name.ShouldBe("list_events");
            var diagnostic = catalog.Diagnostics.ShouldHaveSingleItem();
            (diagnostic.Pointer, diagnostic.Code).ShouldBe(("/mcpTools/create_event", "quarantined"));
        }
    }
}
