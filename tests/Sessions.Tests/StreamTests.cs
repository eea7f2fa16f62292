using System.Text.Json;
using Toolgate.Access;

namespace Toolgate.Sessions.Tests;

/// <summary>Open streams: told of changes of the effective list, kept alive, and ended with what they depend on.</summary>
public sealed class StreamTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private const string Changed = """{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}""";
    private readonly Gateway gateway = fixture.Gateway;
    private readonly World world = fixture.World;

    [Fact]
    public async Task a_session_is_told_when_its_effective_list_changed_and_only_then()
    {
        var (path, token) = Someone("s1", Tools.Read);
        var session = await gateway.Open(path, token);
        using var stream = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, session));
        stream.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        stream.Response.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);

        world.Show("s1", "usr_s1", Tools.Read);
        (await stream.Next()).ShouldBe(":", "the same list again is not a change");
        world.Show("s1", "usr_s1", Tools.Read, Tools.Write);
        (await stream.NextMessage()).ShouldBe(Changed);
        (await gateway.Ask(Mcp.Post(Mcp.Plain("tools/list"), path, token, session))).Result.GetProperty("tools").GetArrayLength().ShouldBe(2);
        world.Show("s1", "usr_s1", Tools.Read);
        (await stream.NextMessage()).ShouldBe(Changed);
    }

    [Fact]
    public async Task a_session_has_one_stream_at_a_time_and_a_new_one_ends_the_old()
    {
        var (path, token) = Someone("s6", Tools.Read);
        var session = await gateway.Open(path, token);
        using var old = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, session));
        using var current = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, session));
        (await old.NextMessage()).ShouldBeNull();
        world.Show("s6", "usr_s6", Tools.Write);
        (await current.NextMessage()).ShouldBe(Changed);
    }

    [Fact]
    public async Task a_change_while_no_stream_was_open_is_told_by_the_next_one()
    {
        var (path, token) = Someone("s7", Tools.Read);
        var session = await gateway.Open(path, token);
        (await gateway.Ask(Mcp.Post(Mcp.Plain("tools/list"), path, token, session))).Status.ShouldBe(200);
        world.Show("s7", "usr_s7", Tools.Read, Tools.Write);
        using (var late = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, session)))
        {
            (await late.Next()).ShouldBe(Changed);
        }

        // Told into a connection that may have been dead: until the client asks for the list, it is told again.
        using (var again = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, session)))
        {
            (await again.Next()).ShouldBe(Changed);
        }

        (await gateway.Ask(Mcp.Post(Mcp.Plain("tools/list"), path, token, session))).Status.ShouldBe(200);
        using var quiet = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, session));
        (await quiet.Next()).ShouldBe(":", "what the client has been given is not a change");
    }

    [Fact]
    public async Task a_stream_ends_at_once_with_its_session()
    {
        var session = await gateway.Open();
        using var stream = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, "/mcp", session: session));
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, "/mcp", session: session))).Status.ShouldBe(204);
        (await stream.NextMessage()).ShouldBeNull();
    }

    [Fact]
    public async Task a_stream_ends_at_once_with_its_credential()
    {
        var (path, token) = Someone("s2", Tools.Read);
        using var stream = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, await gateway.Open(path, token)));
        world.Revoke(token);
        (await stream.NextMessage()).ShouldBeNull();
    }

    [Fact]
    public async Task a_stream_ends_at_once_with_its_toolkit()
    {
        var (path, token) = Someone("s3", Tools.Read);
        using var stream = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, await gateway.Open(path, token)));
        world.Show("s3", "usr_s3", Tools.View("s3", "tk_other", Tools.Read));
        (await stream.NextMessage()).ShouldBeNull();
    }

    [Fact]
    public async Task a_listener_is_acknowledged_told_and_ended_with_a_result()
    {
        var (path, token) = Someone("s4", Tools.Read);
        const string listen = """ "notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourceSubscriptions":["x://y"]},""";
        using var stream = await EventReader.Open(gateway, Mcp.ModernPost(Mcp.Modern("subscriptions/listen", listen, "\"sub-1\""), path, token));
        (await stream.NextMessage()).ShouldBe(
            """{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"sub-1"},"notifications":{"toolsListChanged":true}}}""");
        (await stream.Next()).ShouldBe(":");
        world.Show("s4", "usr_s4", Tools.Read, Tools.Write);
        (await stream.NextMessage()).ShouldBe(
            """{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"sub-1"}}}""");
        world.Hide("s4", "usr_s4");
        (await stream.NextMessage()).ShouldBe(
            """{"jsonrpc":"2.0","id":"sub-1","result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":"sub-1"}}}""");
        (await stream.NextMessage()).ShouldBeNull();
    }

    [Fact]
    public async Task a_listener_that_did_not_ask_is_not_told()
    {
        var (path, token) = Someone("s5", Tools.Read);
        using var stream = await EventReader.Open(gateway, Mcp.ModernPost(Mcp.Modern("subscriptions/listen", """ "notifications":{},""", "5"), path, token));
        JsonDocument.Parse((await stream.NextMessage())!).RootElement.GetProperty("params").GetProperty("notifications").GetRawText().ShouldBe("{}");
        world.Show("s5", "usr_s5", Tools.Write);
        (await stream.Next()).ShouldBe(":");
        world.Hide("s5", "usr_s5");
        (await stream.NextMessage())!.ShouldContain("\"resultType\":\"complete\"");
    }

    [Fact]
    public async Task a_listener_without_a_filter_is_refused()
        => (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("subscriptions/listen")))).ShouldBeError(200, -32602);

    [Fact]
    public async Task an_opened_toolkit_serves_local_callers_without_a_credential_and_nobody_else()
    {
        world.Anonymous = new Principal("usr_anonymous", "Anonymous", Role.Member, Scopes.ToolsInvoke, "anonymous");
        world.Show("open", "usr_anonymous", Tools.Read);
        world.Show("", "usr_anonymous", Tools.Read);
        (await gateway.Ask(Mcp.Post(Mcp.Initialize(), "/mcp/toolkits/open", token: null))).Status.ShouldBe(200);
        (await gateway.Ask(Mcp.Post(Mcp.Initialize(), token: null))).ShouldBeError(401, -32001);
        (await gateway.Ask(Mcp.Post(Mcp.Initialize(), "/mcp/toolkits/a", token: null))).ShouldBeError(401, -32001);
        (await gateway.Ask(Mcp.Post(Mcp.Initialize(), "/mcp/toolkits/open", token: "wrong"))).ShouldBeError(401, -32001);
        (await gateway.Ask(Mcp.Post(Mcp.Initialize(), "/mcp/toolkits/open", token: null).With("X-Forwarded-For", "203.0.113.9"))).ShouldBeError(401, -32001);
    }

    private (string Path, string Token) Someone(string name, params Toolkits.ViewTool[] tools)
    {
        world.Admit(name + "-key", new Principal("usr_" + name, name, Role.Member, Scopes.All, "key_" + name));
        world.Show(name, "usr_" + name, tools);
        return ("/mcp/toolkits/" + name, name + "-key");
    }
}
