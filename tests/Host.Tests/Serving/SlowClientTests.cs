using System.Net.Sockets;
using System.Text;
using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

/// <summary>Clients that take their time: each holds a connection, and none holds it for long.</summary>
public sealed class SlowClientTests : IAsyncLifetime
{
    private ToolgateServer server = null!;

    public async Task InitializeAsync() => server = await ToolgateServer.Start();

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public Task a_head_that_comes_byte_by_byte_is_cut_off() => Trickle("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n", "X-Padding: a\r\n");

    [Fact]
    public Task a_body_that_comes_byte_by_byte_is_cut_off()
        => Trickle($"POST /api/toolkits HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.OwnerKey}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{", " ");

    [Fact]
    public Task a_message_that_comes_byte_by_byte_is_cut_off()
        => Trickle($"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.OwnerKey}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 100000\r\n\r\n{{", " ");

    /// <summary>Sends the beginning at once and then a byte twenty times a second, until the server has had enough.</summary>
    private async Task Trickle(string beginning, string more)
    {
        using var client = await Connect();
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning));
        var sent = 0;
        await Patience.Until(
            async () =>
            {
                if (client.Client.Poll(0, SelectMode.SelectRead))
                {
                    return true;
                }

                try
                {
                    await stream.WriteAsync(new[] { (byte)more[sent++ % more.Length] });
                    return false;
                }
                catch (IOException)
                {
                    return true;
                }
            },
            "the server hangs up on a client that takes its time");
        (await Rest(stream)).ShouldBeOneOf("", "HTTP/1.1 408");
        (await server.Api.Get("/api/account/me"))["role"]!.GetValue<string>().ShouldBe("owner", "others are served as ever");
    }

    private static async Task<string> Rest(NetworkStream stream)
    {
        var answer = new byte[12];
        try
        {
            return Encoding.ASCII.GetString(answer, 0, await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private async Task<TcpClient> Connect()
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(server.BaseAddress.Host, server.BaseAddress.Port);
        return client;
    }
}
