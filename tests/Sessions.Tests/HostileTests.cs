using System.Net.Sockets;
using System.Text;
using Toolgate.Access;

namespace Toolgate.Sessions.Tests;

/// <summary>Bodies that try to be two things at once, or nothing for a long time.</summary>
public sealed class HostileTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private readonly Gateway gateway = fixture.Gateway;

    [Theory]
    [InlineData("", -32700)]
    [InlineData("{", -32700)]
    [InlineData("nonsense", -32700)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping"} {}""", -32700)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping",}""", -32700)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"\ud800"}""", -32700)]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"method":"ping"}]""", -32600)]
    [InlineData("[]", -32600)]
    [InlineData("\"text\"", -32600)]
    [InlineData("""{"jsonrpc":"1.0","id":1,"method":"ping"}""", -32600)]
    [InlineData("""{"id":1,"method":"ping"}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":null,"method":"ping"}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":{},"method":"ping"}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":true,"method":"ping"}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":7}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/list"}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","\u006dethod":"tools/list"}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","\u004dETHOD":"tools/list"}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{},"arguments":{}}}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/protocolVersion":"2025-11-25"}}}""", -32600)]
    public async Task a_body_that_is_not_exactly_one_message_is_refused(string body, int code)
        => (await gateway.Ask(Mcp.Post(body, session: await gateway.Open()))).ShouldBeError(400, code);

    [Fact]
    public async Task ids_of_any_size_up_to_the_limit_come_back_as_they_were_sent()
    {
        var session = await gateway.Open();
        foreach (var id in new[] { "0", "-1", "9007199254740993", "1.50", "\"\\u0041\\\"é\"", $"\"{new string('i', MessageReader.MaxIdBytes - 2)}\"" })
        {
            (await gateway.Ask(Mcp.Post(Mcp.Plain("ping", id), session: session))).Body.ShouldBe("""{"jsonrpc":"2.0","id":""" + id + ""","result":{}}""");
        }

        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping", $"\"{new string('i', MessageReader.MaxIdBytes)}\""), session: session))).ShouldBeError(400, -32600);
        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping", new string('9', 100_000)), session: session))).ShouldBeError(400, -32600);
    }

    [Fact]
    public async Task nesting_is_bounded()
    {
        var session = await gateway.Open();
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 60)) + "1" + new string('}', 60);
        (await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name, deep), session: session))).Status.ShouldBe(200);
        var deeper = string.Concat(Enumerable.Repeat("[", 100_000));
        (await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name, deeper), session: session))).ShouldBeError(400, -32700);
    }

    [Fact]
    public async Task bytes_that_are_not_utf_8_are_refused()
    {
        var request = Mcp.Post(Mcp.Call(Tools.Read.Name, "{\"a\":\"?\"}"), session: await gateway.Open());
        var bytes = await request.Content!.ReadAsByteArrayAsync();
        bytes[Array.LastIndexOf(bytes, (byte)'?')] = 0xFF;
        request.Content = new ByteArrayContent(bytes) { Headers = { ContentType = new("application/json") } };
        (await gateway.Ask(request)).ShouldBeError(400, -32700);
    }

    [Fact]
    public async Task a_body_in_many_small_pieces_is_one_message()
    {
        var body = Encoding.UTF8.GetBytes(Mcp.Initialize());
        using var client = await Connect($"Content-Length: {body.Length}\r\n");
        var stream = client.GetStream();
        foreach (var piece in body.Chunk(7))
        {
            await stream.WriteAsync(piece);
            await stream.FlushAsync();
            await Task.Yield();
        }

        (await Status(stream)).ShouldBe("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task a_client_that_leaves_in_the_middle_of_its_body_harms_nobody()
    {
        for (var i = 0; i < 20; i++)
        {
            using var client = await Connect("Content-Length: 1000\r\n");
            await client.GetStream().WriteAsync("{\"jsonrpc\":"u8.ToArray());
            client.LingerState = new LingerOption(true, 0);
        }

        (await gateway.Ask(Mcp.Post(Mcp.Initialize()))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task a_client_that_sends_nothing_is_let_go()
    {
        using var client = await Connect("Content-Length: 1000\r\n");
        await client.GetStream().WriteAsync("{"u8.ToArray());

        // The server's minimum data rate ends it after its grace of 5 seconds.
        (await Status(client.GetStream())).ShouldStartWith("HTTP/1.1 408");
    }

    [Fact]
    public async Task announcing_too_much_is_refused_without_waiting_for_it()
    {
        using var client = await Connect("Content-Length: 4194305\r\n");
        (await Status(client.GetStream())).ShouldStartWith("HTTP/1.1 413");
    }

    [Theory]
    [InlineData("/mcp", "revoked", 401)]
    [InlineData("/mcp", "scope", 403)]
    [InlineData("/mcp", "hidden", 404)]
    [InlineData("/mcp", "nothing", 200)]
    [InlineData("/api/tools/demo.org.main.things.write/call", "revoked", 401)]
    [InlineData("/api/tools/demo.org.main.things.write/call", "scope", 403)]
    [InlineData("/api/tools/demo.org.main.things.write/call", "hidden", 404)]
    [InlineData("/api/tools/demo.org.main.things.write/call", "nothing", 200)]
    public async Task what_ends_while_a_body_is_on_its_way_has_ended_for_its_request(string path, string change, int status)
    {
        var world = fixture.World;
        world.Admit("slow-key", new("usr_slow", "Slow", Role.Member, Scopes.All, "key_slow"));
        world.Show("", "usr_slow", Tools.Write);
        var calls = world.UpstreamCalls;
        var body = Encoding.UTF8.GetBytes(path == "/mcp" ? Mcp.Initialize() : "{}");
        using var client = await Connect($"Expect: 100-continue\r\nContent-Length: {body.Length}\r\n", path, "slow-key");
        var stream = client.GetStream();

        // The server asks for the body after it has let the caller in.
        using var reader = new StreamReader(stream, leaveOpen: true);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        (await reader.ReadLineAsync(patience.Token)).ShouldBe("HTTP/1.1 100 Continue");
        await reader.ReadLineAsync(patience.Token);
        switch (change)
        {
            case "revoked":
                world.Revoke("slow-key");
                break;
            case "scope":
                world.Admit("slow-key", new("usr_slow", "Slow", Role.Member, Scopes.Manage, "key_slow"));
                break;
            case "hidden":
                world.Hide("", "usr_slow");
                break;
        }

        await stream.WriteAsync(body, patience.Token);
        (await reader.ReadLineAsync(patience.Token)).ShouldStartWith($"HTTP/1.1 {status} ");
        world.UpstreamCalls.ShouldBe(calls + (change == "nothing" && path != "/mcp" ? 1 : 0));
    }

    private async Task<TcpClient> Connect(string headers, string path = "/mcp", string token = "alice-key")
    {
        var client = new TcpClient();
        await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nAuthorization: Bearer {token}\r\nAccept: application/json, text/event-stream\r\n"
            + $"Content-Type: application/json\r\n{headers}\r\n"));
        return client;
    }

    private static async Task<string?> Status(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var reader = new StreamReader(stream, leaveOpen: true);
        return await reader.ReadLineAsync(patience.Token);
    }
}
