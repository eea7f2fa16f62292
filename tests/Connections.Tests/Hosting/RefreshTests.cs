using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Hosting;

/// <summary>Sources that are read anew by schedule. The rounds are run by hand here, every source being due; one test leaves them to the schedule.</summary>
public sealed class RefreshTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Due = new(ConnectionsServer.Settings) { ["Toolgate:Refresh:Interval"] = "00:00:00" };

    private ToolgateServer server = null!;
    private Upstream source = null!;

    private RefreshRounds Rounds => server.Services.GetRequiredService<RefreshRounds>();

    public async Task InitializeAsync()
    {
        source = await Upstream.Start(context => context.Response.WriteAsync(Documents.Tracker("https://api.example")));
        server = await ToolgateServer.Start(Due);
        await server.Api.Post("/api/integrations/openapi", new { slug = "one", spec = new { url = source.Url } }, 201);

        // Its import was its first reading: the first round only takes note of it.
        (await Rounds.Run(default)).ShouldBe(0);
        source.Requests.Clear();
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        await source.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_knows_the_document_is_asked_only_whether_it_changed()
    {
        source.Answer = async context =>
        {
            context.Response.Headers.ETag = "\"v1\"";
            context.Response.Headers.LastModified = "Sat, 01 Nov 2025 10:00:00 GMT";
            if (context.Request.Headers.IfNoneMatch == "\"v1\"")
            {
                context.Response.StatusCode = 304;
                return;
            }

            await context.Response.WriteAsync(Documents.Tracker("https://api.example"));
        };
        (await Rounds.Run(default)).ShouldBe(1);
        (await Rounds.Run(default)).ShouldBe(1);
        (await Rounds.Run(default)).ShouldBe(1);
        source.Requests.Select(request => request.Headers.GetValueOrDefault("If-None-Match")).ShouldBe([null, "\"v1\"", "\"v1\""]);
        source.Requests.Last().Headers["If-Modified-Since"].ShouldBe("Sat, 01 Nov 2025 10:00:00 GMT");
        var shown = await Shown();
        shown["refresh"]!["status"]!.GetValue<string>().ShouldBe("unchanged");
        shown["version"]!.GetValue<int>().ShouldBe(1, "nothing changed, nothing is written");

        // What the validators belong to is not what is in force any more: the whole document is asked for.
        await server.Api.Put("/api/integrations/one/source", new { spec = new { document = Documents.Tracker("https://api.example").Replace("Lists issues", "Other", StringComparison.Ordinal) } }, 200);
        await server.Api.Put("/api/integrations/one/source", new { spec = new { url = source.Url } }, 200);
        await Rounds.Run(default);
        (await Shown())["refresh"]!["status"]!.GetValue<string>().ShouldBe("unchanged");
    }

    [Fact]
    public async Task A_document_that_changed_is_an_event_of_the_system()
    {
        source.Answer = context => context.Response.WriteAsync(Documents.Tracker("https://api.example").Replace("Lists issues", "Lists other issues", StringComparison.Ordinal));
        await Rounds.Run(default);
        var shown = await Shown();
        (shown["version"]!.GetValue<int>(), shown["changedCount"]!.GetValue<int>()).ShouldBe((2, 1));
        (shown["refresh"]!["status"]!.GetValue<string>(), shown["refresh"]!["detail"]!.GetValue<string>()).ShouldBe(("changed", "0 added, 0 removed, 1 changed."));
        (await server.Api.Get("/api/integrations"))["items"]!.AsArray().Single(item => item!["slug"]!.GetValue<string>() == "one")!["refresh"]!["status"]!.GetValue<string>().ShouldBe("changed");
    }

    [Fact]
    public async Task A_failure_keeps_the_catalog_is_shown_and_leaves_the_others_alone()
    {
        await using var other = await Upstream.Start(context => context.Response.WriteAsync(Documents.Tracker("https://api.example")));
        await server.Api.Post("/api/integrations/openapi", new { slug = "two", spec = new { url = other.Url } }, 201);
        await Rounds.Run(default);
        source.Answer = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        other.Answer = context => context.Response.WriteAsync(Documents.Tracker("https://api.example").Replace("Reads an issue", "Reads one", StringComparison.Ordinal));
        (await Rounds.Run(default)).ShouldBe(2);
        var failed = await Shown();
        (failed["toolCount"]!.GetValue<int>(), failed["version"]!.GetValue<int>()).ShouldBe((3, 1));
        (failed["refresh"]!["status"]!.GetValue<string>(), failed["refresh"]!["detail"]!.GetValue<string>()).ShouldBe(("failed", "The URL answered with status 503."));
        (await server.Api.Get("/api/integrations/two"))["refresh"]!["status"]!.GetValue<string>().ShouldBe("changed");

        // A person's own refresh is noted as well.
        source.Answer = context => context.Response.WriteAsync(Documents.Tracker("https://api.example"));
        await server.Api.Post("/api/integrations/one/refresh", expect: 200);
        (await Shown())["refresh"]!["status"]!.GetValue<string>().ShouldBe("unchanged");
    }

    [Fact]
    public async Task A_304_that_nobody_asked_for_is_a_failure()
    {
        source.Answer = context =>
        {
            context.Response.StatusCode = 304;
            return Task.CompletedTask;
        };
        await Rounds.Run(default);
        (await Shown())["refresh"]!["status"]!.GetValue<string>().ShouldBe("failed");
    }

    [Fact]
    public async Task Of_many_hosts_one_takes_a_turn_and_a_turn_that_was_taken_is_not_due()
    {
        var ledger = server.Services.GetRequiredService<RefreshLedger>();
        var now = TimeProvider.System.GetUtcNow().AddMinutes(1);
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => ledger.Claim("integration-one", now.AddTicks(i * 10), now.AddMinutes(-1).AddSeconds(30), default)));
        claims.Count(claim => claim is not null).ShouldBe(1);
        (await ledger.Claim("integration-one", now.AddMinutes(59), now.AddMinutes(-1), default)).ShouldBeNull();
        (await ledger.Claim("integration-one", now.AddMinutes(61), now.AddMinutes(1), default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task What_is_removed_is_forgotten()
    {
        await server.Api.Delete("/api/integrations/one", 204);
        await Rounds.Run(default);
        await server.Api.Post("/api/integrations/openapi", new { slug = "one", spec = new { url = source.Url } }, 201);
        (await Shown())["refresh"].ShouldBeNull();
    }

    [Fact]
    public async Task The_schedule_runs_by_itself()
    {
        var twice = new TaskCompletionSource();
        var asked = 0;
        await using var watched = await Upstream.Start(context =>
        {
            if (Interlocked.Increment(ref asked) == 3)
            {
                twice.SetResult();
            }

            return context.Response.WriteAsync(Documents.Tracker("https://api.example"));
        });
        await using var scheduled = await ToolgateServer.Start(new Dictionary<string, string>(ConnectionsServer.Settings) { ["Toolgate:Refresh:Interval"] = "00:00:00.2" });
        await scheduled.Api.Post("/api/integrations/openapi", new { slug = "one", spec = new { url = watched.Url } }, 201);
        await twice.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private Task<JsonNode> Shown() => server.Api.Get("/api/integrations/one");
}
