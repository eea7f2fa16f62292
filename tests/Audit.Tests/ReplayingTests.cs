using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;
using Toolgate.TestSupport;
using static Toolgate.Audit.Tests.AuditServer;

namespace Toolgate.Audit.Tests;

public sealed class ReplayingTests(AuditServer audit) : IClassFixture<AuditServer>
{
    [Fact]
    public async Task a_replay_rebuilds_every_read_model_and_finds_it_equal_then_unequal_once_a_row_was_changed()
    {
        await audit.Append("probe-replayed", [.. Enumerable.Range(0, 2_300).Select(i => (object)new ProbeRenamed("p", $"{i}"))]);

        var equal = await Replay();

        equal["status"]!.GetValue<string>().ShouldBe("succeeded");
        equal["equal"]!.GetValue<bool>().ShouldBeTrue(equal.ToJsonString());
        var names = equal["models"]!.AsArray().Select(model => model!["name"]!.GetValue<string>()).ToList();
        names.ShouldContain("access");
        names.ShouldContain("audit-index");
        names.Count.ShouldBe(audit.Server.Services.GetServices<IReadModel>().Count() + audit.Server.Services.GetServices<IProjection>().Count());
        equal["models"]!.AsArray().ShouldAllBe(model => model!["equal"]!.GetValue<bool>() && model["liveDigest"]!.GetValue<string>().Length == 64);
        equal["progress"]!["done"]!.GetValue<long>().ShouldBe(equal["position"]!.GetValue<long>());
        var completed = Items(await audit.Owner.Get("/api/audit/events?type=replay_completed&stream=replay-" + equal["id"]!.GetValue<string>())).ShouldHaveSingleItem();
        completed["data"]!["equal"]!.GetValue<bool>().ShouldBeTrue();
        completed["actor"]!.GetValue<string>().ShouldBe(audit.AuditorId);

        await audit.Server.Database.Execute("update toolgate.audit_index set actor = 'usr_forged' where position = 3");
        var unequal = await Replay();

        unequal["status"]!.GetValue<string>().ShouldBe("succeeded");
        unequal["equal"]!.GetValue<bool>().ShouldBeFalse();
        unequal["models"]!.AsArray().Where(model => !model!["equal"]!.GetValue<bool>()).Select(model => model!["name"]!.GetValue<string>()).ShouldBe(["audit-index"]);
        var recorded = Items(await audit.Owner.Get("/api/audit/events?type=replay_completed&order=desc&limit=1"))[0];
        recorded["data"]!["unequal"]!.AsArray().Select(name => name!.GetValue<string>()).ShouldBe(["audit-index"]);
    }

    [Fact]
    public async Task a_replay_that_this_node_does_not_remember_is_a_404()
    {
        var problem = await audit.Owner.Get("/api/audit/replay/rpl_unknown", expect: 404);
        problem["type"]!.GetValue<string>().ShouldBe("urn:toolgate:problem:replay-not-found");
    }

    [Fact]
    public async Task one_replay_runs_at_a_time_and_the_second_request_is_shown_the_first()
    {
        var replay = new HeldReplay();
        var held = await Start(services => services.AddSingleton<IReplay>(replay));
        try
        {
            var first = await held.Owner.Post("/api/audit/replay", expect: 202);
            await replay.Running.Task;
            var running = await held.Owner.Get("/api/audit/replay/" + first["id"]!.GetValue<string>());
            var second = await held.Owner.Post("/api/audit/replay", expect: 202);

            running["status"]!.GetValue<string>().ShouldBe("running");
            running["progress"]!.ToJsonString().ShouldBe("""{"done":7,"total":9}""");
            running["equal"].ShouldBeNull();
            second["id"]!.GetValue<string>().ShouldBe(first["id"]!.GetValue<string>());

            replay.Outcome.SetException(new InvalidOperationException("password=hunter2"));
            var failed = await Finished(held.Owner, first["id"]!.GetValue<string>());
            failed["status"]!.GetValue<string>().ShouldBe("failed");
            failed["error"]!.GetValue<string>().ShouldNotContain("hunter2");
            (await held.Owner.Post("/api/audit/replay", expect: 202))["id"]!.GetValue<string>().ShouldNotBe(first["id"]!.GetValue<string>());
        }
        finally
        {
            await held.DisposeAsync();
        }
    }

    private async Task<JsonNode> Replay()
    {
        var answer = await audit.Auditor.Send(HttpMethod.Post, "/api/audit/replay", expect: (int)HttpStatusCode.Accepted);
        var id = answer.Json["id"]!.GetValue<string>();
        answer.Headers["Location"].ShouldEndWith("/api/audit/replay/" + id);
        return await Finished(audit.Auditor, id);
    }

    private static async Task<JsonNode> Finished(ApiClient api, string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var job = await api.Get("/api/audit/replay/" + id);
            if (job["status"]!.GetValue<string>() != "running")
            {
                job["finishedAt"].ShouldNotBeNull();
                return job;
            }

            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A replay that is running for as long as a test wants.</summary>
    private sealed class HeldReplay : IReplay
    {
        public TaskCompletionSource Running { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<ReplayReport> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<ReplayReport> Run(IProgress<(long Done, long Total)>? progress = null, CancellationToken cancellationToken = default)
        {
            progress?.Report((7, 9));
            Running.TrySetResult();
            return Outcome.Task.WaitAsync(cancellationToken);
        }
    }
}
