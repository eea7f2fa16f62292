using System.Text;
using Microsoft.AspNetCore.Http;
using Toolgate.TestSupport;
using static Toolgate.Audit.Tests.AuditServer;

namespace Toolgate.Audit.Tests;

public sealed class FollowingLogTests(AuditServer audit) : IClassFixture<AuditServer>
{
    [Fact]
    public async Task a_follower_is_sent_what_is_written_from_now_on_and_resumes_where_it_was_cut_off()
    {
        await audit.Append("probe-followed", new ProbeRenamed("p", "before"));
        long first, second;
        await using (var stream = await EventStream.Open(audit.Server.BaseAddress, audit.AuditorKey, "?type=probe_renamed"))
        {
            first = await audit.Append("probe-followed", new ProbeRenamed("p", "first"));
            await audit.Append("probe-followed", new ProbeMade("p", null, "of another type"));
            second = await audit.Append("probe-followed", new ProbeRenamed("p", "second"));

            (await stream.Next())!.Value.Data["data"]!["name"]!.GetValue<string>().ShouldBe("first");
            var (id, data) = (await stream.Next())!.Value;
            id.ShouldBe(second.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Position(data).ShouldBe(second);
        }

        var missed = await audit.Append("probe-followed", new ProbeRenamed("p", "missed"));
        await using var resumed = await EventStream.Open(audit.Server.BaseAddress, audit.AuditorKey, "?type=probe_renamed", lastEventId: $"{first}");

        Position((await resumed.Next())!.Value.Data).ShouldBe(second);
        Position((await resumed.Next())!.Value.Data).ShouldBe(missed);
        var live = await audit.Append("probe-followed", new ProbeRenamed("p", "live"));
        Position((await resumed.Next())!.Value.Data).ShouldBe(live);
    }

    [Fact]
    public async Task a_follower_from_a_position_gets_every_event_once_and_in_order_while_writers_append()
    {
        var start = await audit.Append("probe-followed-all", new ProbeRenamed("p", "start"));
        await using var stream = await EventStream.Open(audit.Server.BaseAddress, audit.AuditorKey, $"?after={start}&stream=probe-followed-all");

        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await audit.Append("probe-followed-all", new ProbeRenamed("p", "n"));
            }
        }));
        await Task.WhenAll(writers);

        var versions = new List<long>();
        while (versions.Count < 400)
        {
            versions.Add((await stream.Next())!.Value.Data["version"]!.GetValue<long>());
        }

        versions.ShouldBe(Enumerable.Range(2, 400).Select(i => (long)i));
    }

    [Fact]
    public async Task what_is_withheld_is_withheld_from_followers_too()
    {
        await using var stream = await EventStream.Open(audit.Server.BaseAddress, audit.AuditorKey, "?type=probe_made");

        await audit.Append("probe-followed-personal", new ProbeMade("p", audit.OwnerId, "diary"), audit.OwnerId);

        var (_, data) = (await stream.Next())!.Value;
        data["withheld"]!.GetValue<string>().ShouldBe("personal");
        data.ToJsonString().ShouldNotContain("diary");
    }

    [Fact]
    public async Task a_stream_ends_with_the_credential_that_opened_it()
    {
        var key = await audit.Owner.Post("/api/account/api-keys", new { name = "short lived", memberId = audit.AuditorId, scopes = (string[])["audit"] });
        await using var stream = await EventStream.Open(audit.Server.BaseAddress, key["value"]!.GetValue<string>());

        await audit.Owner.Delete("/api/account/api-keys/" + key["id"]!.GetValue<string>());
        await audit.Append("probe-after-revocation", new ProbeRenamed("p", "not for you"));

        (await stream.Next()).ShouldBeNull();
    }

    [Fact]
    public async Task a_resume_point_that_is_no_position_is_refused()
    {
        var answer = await audit.Auditor.Send(HttpMethod.Get, "/api/audit/stream", null, 400, ("Last-Event-ID", "x"));
        answer.Json["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe("Last-Event-ID");
    }

    [Fact]
    public async Task a_server_that_stops_ends_its_streams()
    {
        await using var server = await ToolgateServer.Start();
        await using var stream = await EventStream.Open(server.BaseAddress, server.OwnerKey, "?type=nothing_of_this_kind");

        await server.Stop().WaitAsync(TimeSpan.FromSeconds(8));

        (await stream.Next()).ShouldBeNull();
    }

    [Fact]
    public async Task a_sign_of_life_moves_the_resume_point_and_dispatches_nothing()
    {
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;

        await new EventStreamWriter(context.Response).Resume(42, CancellationToken.None);

        Encoding.UTF8.GetString(body.ToArray()).ShouldBe("id: 42\n\n");
    }
}
