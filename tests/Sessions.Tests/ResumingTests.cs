using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Connections;

namespace Toolgate.Sessions.Tests;

/// <summary>A client that lost a connection comes back with the id of the last event that it got, and misses nothing of that stream and gets nothing of another.</summary>
public sealed class ResumingTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>, IDisposable
{
    private readonly Gateway gateway = fixture.Gateway;
    private readonly World world = fixture.World;
    private readonly SemaphoreSlim go = new(0);

    public void Dispose()
    {
        world.Talk = null;
        go.Dispose();
    }

    [Fact]
    public async Task a_call_goes_on_without_its_connection_and_the_rest_of_its_stream_is_there_for_whoever_comes_back()
    {
        world.Talk = Counting(3);
        var session = await gateway.Open();
        string last;
        go.Release();
        using (var lost = await EventReader.Open(gateway, Mcp.Post(Mcp.Watched(Tools.Read.Name, "1"), session: session)))
        {
            (await lost.NextMessage())!.ShouldContain("\"progress\":1}");
            last = lost.LastId!;
        }

        go.Release(2);
        using (var back = await Back(session, last))
        {
            (await back.NextMessage())!.ShouldContain("\"progress\":2}");
            last = back.LastId!;
        }

        go.Release();
        using var again = await Back(session, last);
        (await again.NextMessage())!.ShouldContain("\"progress\":3}");
        (await again.NextMessage()).ShouldBe("""{"jsonrpc":"2.0","id":7,"result":{"counted":3}}""");
        (await again.NextMessage()).ShouldBeNull();
    }

    [Fact]
    public async Task the_first_event_is_enough_to_come_back_with_and_the_answer_is_kept_after_the_call()
    {
        world.Talk = Counting(2);
        var session = await gateway.Open();
        go.Release(3);
        using (var whole = await EventReader.Open(gateway, Mcp.Post(Mcp.Watched(Tools.Read.Name, "1"), session: session)))
        {
            while (await whole.NextMessage() is not null)
            {
            }

            using var replay = await Back(session, whole.Ids[0]);
            (await replay.NextMessage())!.ShouldContain("\"progress\":1}");
            (await replay.NextMessage())!.ShouldContain("\"progress\":2}");
            (await replay.NextMessage())!.ShouldContain("\"result\"");
            (await replay.NextMessage()).ShouldBeNull();
            replay.Ids.ShouldBe(whole.Ids.Skip(1), "the same events have the same ids");
        }
    }

    [Fact]
    public async Task streams_of_one_session_are_apart()
    {
        world.Talk = Counting(2);
        var session = await gateway.Open();
        go.Release(6);
        var streams = new List<List<string>>();
        using var one = await EventReader.Open(gateway, Mcp.Post(Mcp.Watched(Tools.Read.Name, "\"one\"", "1"), session: session));
        using var two = await EventReader.Open(gateway, Mcp.Post(Mcp.Watched(Tools.Read.Name, "\"two\"", "2"), session: session));
        foreach (var (reader, token) in new[] { (one, "one"), (two, "two") })
        {
            while (await reader.NextMessage() is { } message)
            {
                (message.Contains($"\"{token}\"", StringComparison.Ordinal) || message.Contains("\"result\"", StringComparison.Ordinal)).ShouldBeTrue(message);
            }
        }

        one.Ids.Intersect(two.Ids).ShouldBeEmpty();
        using var back = await Back(session, two.Ids[1]);
        (await back.NextMessage())!.ShouldContain("\"two\"");
        (await back.NextMessage())!.ShouldContain("\"id\":2,");
        (await back.NextMessage()).ShouldBeNull();
    }

    [Fact]
    public async Task nobody_else_can_come_back_to_a_stream()
    {
        world.Talk = Counting(1);
        var (session, other) = (await gateway.Open(), await gateway.Open());
        go.Release(2);
        using var whole = await EventReader.Open(gateway, Mcp.Post(Mcp.Watched(Tools.Read.Name, "1"), session: session));
        while (await whole.NextMessage() is not null)
        {
        }

        var request = Mcp.Request(HttpMethod.Get, "/mcp", "bob-key", session).With("Last-Event-ID", whole.Ids[0]);
        (await gateway.Ask(request)).ShouldBeError(403, -32003);
        using var theirs = await Back(other, whole.Ids[0]);
        (await theirs.Next()).ShouldBe(":", "to another session the id means nothing: it listens afresh");
    }

    [Theory]
    [InlineData("invented")]
    [InlineData("1-1")]
    [InlineData("-")]
    [InlineData("x-99999999999999999999")]
    public async Task an_id_that_means_nothing_begins_afresh(string id)
    {
        using var stream = await Back(await gateway.Open(), id);
        (await stream.Next()).ShouldBe(":");
    }

    [Fact]
    public async Task what_a_session_was_told_while_its_stream_was_away_it_is_told_when_it_comes_back()
    {
        var session = await gateway.Open();
        var streams = (await gateway.Services.GetRequiredService<SessionRegistry>().Find(session, default))!.Streams;
        string last;
        using (var lost = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, "/mcp", session: session)))
        {
            streams.Tell("{\"n\":1}"u8.ToArray());
            (await lost.NextMessage()).ShouldBe("{\"n\":1}");
            last = lost.LastId!;
        }

        streams.Tell("{\"n\":2}"u8.ToArray());
        streams.Tell("{\"n\":3}"u8.ToArray());
        using (var back = await Back(session, last))
        {
            (await back.NextMessage()).ShouldBe("{\"n\":2}");
            (await back.NextMessage()).ShouldBe("{\"n\":3}");
        }

        using var afresh = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, "/mcp", session: session));
        (await afresh.Next()).ShouldBe(":", "whoever does not say where it was begins at the end");
    }

    [Theory]
    [InlineData("2025-11-25", true)]
    [InlineData("2025-06-18", false)]
    public async Task only_clients_that_know_it_get_an_event_without_content(string version, bool primed)
    {
        world.Talk = Counting(1);
        go.Release(2);
        var answer = await gateway.Ask(Mcp.Post(Mcp.Watched(Tools.Read.Name, "1"), session: await gateway.Open(version: version)));
        answer.Body.Contains("retry: 1000\ndata: \n\n", StringComparison.Ordinal).ShouldBe(primed, answer.Body);
        answer.Body.ShouldContain("id: ");
    }

    private Task<EventReader> Back(string session, string last)
        => EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, "/mcp", session: session).With("Last-Event-ID", last));

    /// <summary>Reports progress whenever it is let go, and then answers.</summary>
    private Func<CallClient, Tool, CancellationToken, Task<ToolOutcome>> Counting(int count) => async (client, _, cancellationToken) =>
    {
        for (var i = 1; i <= count; i++)
        {
            await go.WaitAsync(cancellationToken);
            await client.Notify("notifications/progress", Encoding.UTF8.GetBytes("{\"progress\":" + i + "}"), cancellationToken);
        }

        await go.WaitAsync(cancellationToken);
        return new ToolOutcome.Relayed(Encoding.UTF8.GetBytes("{\"counted\":" + count + "}"), false);
    };
}
