using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests;

/// <summary>Rate, concurrency and budget of principals, toolkits and connections, over MCP and REST.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private const string Never = "0.0001";
    private readonly World world = new();
    private TestDatabase database = null!;

    public async Task InitializeAsync() => database = await TestDatabase.Create();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Theory]
    [InlineData("Principals", "principal")]
    [InlineData("Toolkits", "toolkit")]
    [InlineData("Connections", "connection")]
    public async Task a_call_beyond_the_rate_is_a_retryable_tool_error_that_names_the_limit(string kind, string limit)
    {
        await using var gateway = await Gateway.Start(database, world, ($"Limits:{kind}:PerSecond", Never), ($"Limits:{kind}:Burst", "2"));
        (await Call(gateway)).GetProperty("isError").GetBoolean().ShouldBeFalse();
        (await Call(gateway)).GetProperty("isError").GetBoolean().ShouldBeFalse();

        ShouldBeLimited(await Call(gateway), limit, "rate").ShouldBe(10_000);
        world.UpstreamCalls.ShouldBe(2);
    }

    [Theory]
    [InlineData("Principals", "principal")]
    [InlineData("Toolkits", "toolkit")]
    [InlineData("Connections", "connection")]
    public async Task a_call_beyond_the_concurrency_is_refused_until_one_has_ended(string kind, string limit)
    {
        await using var gateway = await Gateway.Start(database, world, ($"Limits:{kind}:Concurrency", "1"));
        var (arrived, go) = Block();
        var first = Call(gateway);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));

        ShouldBeLimited(await Call(gateway), limit, "concurrency");

        go.SetResult();
        (await first).GetProperty("isError").GetBoolean().ShouldBeFalse();
        (await Call(gateway)).GetProperty("isError").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task what_one_limit_refuses_costs_the_others_nothing()
    {
        await using var gateway = await Gateway.Start(
            database, world, ("Limits:Toolkits:PerSecond", Never), ("Limits:Toolkits:Burst", "2"), ("Limits:Connections:PerSecond", Never), ("Limits:Connections:Burst", "1"));
        (await Call(gateway)).GetProperty("isError").GetBoolean().ShouldBeFalse();
        ShouldBeLimited(await Call(gateway), "connection", "rate");
        ShouldBeLimited(await Call(gateway), "connection", "rate");
    }

    [Fact]
    public async Task a_budget_survives_a_restart_and_counts_on_every_node()
    {
        var settings = ("Limits:Principals:PerDay", "3");
        await using (var first = await Gateway.Start(database, world, settings))
        {
            await Call(first);
            await Call(first);
        }

        await using var second = await Gateway.Start(database, world, settings);
        await using var third = await Gateway.Start(database, world, settings);
        (await Call(second)).GetProperty("isError").GetBoolean().ShouldBeFalse();
        var left = ShouldBeLimited(await Call(second), "principal", "budget");
        left.ShouldBeInRange(1, 86_400);

        // The third node knows of the first node's calls from its start, and of the second's after a round of both.
        await second.Services.GetRequiredService<UsageKeeper>().Round(default);
        (await Call(third)).GetProperty("isError").GetBoolean().ShouldBeFalse("it overshoots by what it did not know yet");
        await third.Services.GetRequiredService<UsageKeeper>().Round(default);
        ShouldBeLimited(await Call(third), "principal", "budget");
        (await database.Scalar<long>("select calls from toolgate.usage where kind = 'principal' and subject = 'usr_alice'")).ShouldBe(4);
    }

    [Fact]
    public async Task a_request_that_is_no_call_is_refused_with_429()
    {
        await using var gateway = await Gateway.Start(database, world, ("Limits:Principals:PerSecond", Never), ("Limits:Principals:Burst", "1"));
        (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("tools/list"), "/mcp/toolkits/a"))).Status.ShouldBe(200);

        var answer = await gateway.Ask(Mcp.ModernPost(Mcp.Modern("tools/list"), "/mcp/toolkits/a"));

        answer.ShouldBeError(429, ErrorCodes.Transport);
        answer.Headers["Retry-After"].ShouldBe("10000");
        answer.Error.GetProperty("data").GetProperty("code").GetString().ShouldBe("rate_limited");
        answer.Json.GetProperty("id").GetInt32().ShouldBe(3);
        (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("tools/list"), "/mcp/toolkits/a", "bob-key"))).Status.ShouldBe(200, "others have limits of their own");
    }

    [Fact]
    public async Task a_call_over_rest_is_refused_with_429_and_counted_once()
    {
        await using var gateway = await Gateway.Start(database, world, ("Limits:Principals:PerSecond", Never), ("Limits:Principals:Burst", "2"));
        for (var i = 0; i < 2; i++)
        {
            (await gateway.Ask(Mcp.Post("{}", "/api/tools/demo.org.main.things.read/call"))).Status.ShouldBe(200);
        }

        var answer = await gateway.Ask(Mcp.Post("{}", "/api/tools/demo.org.main.things.read/call"));

        answer.Status.ShouldBe(429);
        answer.Headers["Retry-After"].ShouldBe("10000");
        answer.Json.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:rate-limited");
        (await gateway.Ask(Mcp.Request(HttpMethod.Get, "/api/sessions"))).Status.ShouldBe(429, "the rate is of all requests");
    }

    [Fact]
    public async Task a_flood_of_refused_calls_leaves_one_record_each_second_and_a_count_of_the_rest()
    {
        await using var gateway = await Gateway.Start(database, world, ("Limits:Principals:PerSecond", Never), ("Limits:Principals:Burst", "1"));
        for (var i = 0; i < 200; i++)
        {
            await Call(gateway);
        }

        await gateway.Services.GetRequiredService<UsageKeeper>().Round(default);
        await gateway.Stop();

        var denied = await database.Scalar<long>("select count(*) from events.mt_events where type = 'tool_call_denied' and data ->> 'outcome' = 'rate_limited'");
        var counted = await database.Scalar<long>("select coalesce(sum((data ->> 'calls')::bigint), 0)::bigint from events.mt_events where type = 'calls_limited'");
        (denied + counted).ShouldBe(199);
        denied.ShouldBeInRange(1, 60);
    }

    [Fact]
    public async Task a_principal_that_fills_its_share_and_a_long_queue_starves_nobody()
    {
        await using var gateway = await Gateway.Start(database, world, ("Limits:Running", "8"), ("Limits:Waiting", "1000"));
        gateway.Http.Timeout = Timeout.InfiniteTimeSpan;
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = new SemaphoreSlim(0);
        var isOpen = false;
        world.Upstream = async (tool, arguments, cancellationToken) =>
        {
            if (!Volatile.Read(ref isOpen))
            {
                arrived.Release();
                await go.Task.WaitAsync(cancellationToken);
            }

            return await Tools.Echo(tool, arguments, cancellationToken);
        };
        var mine = Enumerable.Range(0, 1_004).Select(_ => Call(gateway)).ToList();
        for (var i = 0; i < 4; i++)
        {
            (await arrived.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue();
        }

        var limiter = gateway.Services.GetRequiredService<Limiter>();
        (await Waited(() => limiter.Calls.WaitingOf("usr_alice") == 1_000)).ShouldBeTrue("as many wait as may");
        Volatile.Write(ref isOpen, true);

        (await Call(gateway, "bob-key")).GetProperty("isError").GetBoolean().ShouldBeFalse();
        mine.ShouldAllBe(call => !call.IsCompleted);
        ShouldBeLimited(await Call(gateway), "principal", "concurrency");

        go.SetResult();
        foreach (var call in mine)
        {
            (await call).GetProperty("isError").GetBoolean().ShouldBeFalse();
        }
    }

    [Fact]
    public async Task lists_are_divided_between_principals_too()
    {
        await using var gateway = await Gateway.Start(database, world, ("Limits:Lists", "2"), ("Limits:Waiting", "0"));
        using var slow = await gateway.Services.GetRequiredService<Limiter>().Lists.Enter("usr_alice", default);

        var answer = await gateway.Ask(Mcp.ModernPost(Mcp.Modern("tools/list"), "/mcp/toolkits/a"));

        answer.ShouldBeError(429, ErrorCodes.Transport);
        answer.Error.GetProperty("data").GetProperty("kind").GetString().ShouldBe("concurrency");
        (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("tools/list"), "/mcp/toolkits/a", "bob-key"))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task reading_a_resource_counts_as_a_call_of_its_server()
    {
        await using var gateway = await Gateway.Start(database, world, ("Limits:Connections:PerDay", "1"));
        world.Show("a", "usr_alice", Offers.View("a", Offers.Two, Tools.Read));
        world.Servers.Answer = (_, _) => Task.FromResult(Servers.Result("""{"contents":[]}"""));
        var read = Mcp.Modern("resources/read", "\"uri\":\"docs://a\",");
        (await gateway.Ask(Mcp.ModernPost(read, "/mcp/toolkits/a"))).Json.TryGetProperty("result", out _).ShouldBeTrue();

        var answer = await gateway.Ask(Mcp.ModernPost(read, "/mcp/toolkits/a"));

        answer.Error.GetProperty("code").GetInt32().ShouldBe(ErrorCodes.Transport);
        answer.Error.GetProperty("data").GetProperty("limit").GetString().ShouldBe("connection");
        answer.Error.GetProperty("data").GetProperty("kind").GetString().ShouldBe("budget");
        world.Servers.Requests.Count.ShouldBe(1);
        await gateway.Stop();
        (await database.Scalar<long>("select count(*) from events.mt_events where type = 'resource_read_denied' and data ->> 'outcome' = 'rate_limited'")).ShouldBe(1);
    }

    [Fact]
    public async Task own_values_go_before_those_of_the_configuration_and_end_when_they_are_lifted()
    {
        await using var gateway = await Gateway.Start(database, world, ("Limits:Principals:Concurrency", "7"));
        var path = "/api/limits/principal/usr_alice";
        (await gateway.Ask(Mcp.Request(HttpMethod.Put, path, "admin-key", body: $$"""{"perSecond": {{Never}}, "burst": 1}"""))).Status.ShouldBe(200);
        var shown = (await gateway.Ask(Mcp.Request(HttpMethod.Get, path, "admin-key"))).Json;
        shown.GetProperty("concurrency").GetInt32().ShouldBe(7);
        shown.GetProperty("burst").GetInt32().ShouldBe(1);
        shown.GetProperty("own").GetBoolean().ShouldBeTrue();

        (await Call(gateway)).GetProperty("isError").GetBoolean().ShouldBeFalse();
        ShouldBeLimited(await Call(gateway), "principal", "rate");
        (await Call(gateway, "bob-key")).GetProperty("isError").GetBoolean().ShouldBeFalse();

        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, path, "admin-key"))).Status.ShouldBe(204);
        (await Call(gateway)).GetProperty("isError").GetBoolean().ShouldBeFalse();
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, path, "admin-key"))).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("PUT", "/api/limits/principal/usr_alice", "alice-key", "{}", 403)]
    [InlineData("GET", "/api/limits/principal/usr_alice", "alice-key", null, 403)]
    [InlineData("GET", "/api/limits", "alice-key", null, 403)]
    [InlineData("PUT", "/api/limits/planet/usr_alice", "admin-key", "{}", 404)]
    [InlineData("PUT", "/api/limits/principal/nobody", "admin-key", "{}", 404)]
    [InlineData("PUT", "/api/limits/connection/demo.user.main", "admin-key", "{}", 404)]
    [InlineData("PUT", "/api/limits/connection/demo.user-usr_1.main", "admin-key", "{}", 200)]
    [InlineData("PUT", "/api/limits/principal/usr_alice", "admin-key", """{"perSecond": -1}""", 422)]
    [InlineData("PUT", "/api/limits/principal/usr_alice", "admin-key", """{"perDay": 1.5}""", 422)]
    [InlineData("PUT", "/api/limits/principal/usr_alice", "admin-key", """{"perHour": 1}""", 422)]
    public async Task limits_are_for_admins_and_name_what_can_be_limited(string method, string path, string key, string? body, int status)
    {
        await using var gateway = await Gateway.Start(database, world);
        var answer = await gateway.Ask(Mcp.Request(new HttpMethod(method), path, key, body: body));
        answer.Status.ShouldBe(status, answer.Body);
    }

    [Fact]
    public async Task what_nobody_uses_is_forgotten()
    {
        await using var gateway = await Gateway.Start(database, world, ("Limits:Principals:Concurrency", "5"), ("Limits:Connections:PerSecond", "1000000"));
        await Call(gateway);
        var limiter = gateway.Services.GetRequiredService<Limiter>();
        limiter.ForgetIdle();
        (await Waited(() =>
        {
            limiter.ForgetIdle();
            return !limiter.Subjects.Any();
        })).ShouldBeTrue();
    }

    [Theory]
    [InlineData("Limits:Running", "0")]
    [InlineData("Limits:Principals:PerSecond", "-1")]
    [InlineData("Limits:Connections:PerDay", "-1")]
    public async Task a_setting_that_cannot_be_is_a_startup_failure(string setting, string value)
        => (await Should.ThrowAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => Gateway.Start(database, world, (setting, value)))).Message.ShouldContain("Toolgate:Limits");

    private static async Task<JsonElement> Call(Gateway gateway, string key = "alice-key")
    {
        var answer = await gateway.Ask(Mcp.ModernPost(Mcp.ModernCall(Tools.Read.Name), "/mcp/toolkits/a", key));
        answer.Status.ShouldBe(200, answer.Body);
        return answer.Result;
    }

    private static int ShouldBeLimited(JsonElement result, string limit, string kind)
    {
        result.GetProperty("isError").GetBoolean().ShouldBeTrue();
        var error = result.GetProperty("structuredContent").GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("rate_limited");
        error.GetProperty("retryable").GetBoolean().ShouldBeTrue();
        var details = error.GetProperty("details");
        details.GetProperty("limit").GetString().ShouldBe(limit);
        details.GetProperty("kind").GetString().ShouldBe(kind);
        return details.GetProperty("retryAfterSeconds").GetInt32();
    }

    private (TaskCompletionSource Arrived, TaskCompletionSource Go) Block()
    {
        var (arrived, go) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        world.Upstream = async (tool, arguments, cancellationToken) =>
        {
            arrived.TrySetResult();
            await go.Task;
            return await Tools.Echo(tool, arguments, cancellationToken);
        };
        return (arrived, go);
    }

    private static async Task<bool> Waited(Func<bool> condition)
    {
        for (var i = 0; i < 3_000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        return condition();
    }
}
