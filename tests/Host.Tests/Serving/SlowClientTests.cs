using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
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

    [Fact]
    public async Task who_asks_and_never_reads_is_cut_off()
    {
        // What the system itself keeps for a reader is megabytes, for which a reader has minutes: here the clock of readers runs faster, by their rate.
        await using var hasty = await ToolgateServer.Start(services: services => services.PostConfigure<KestrelServerOptions>(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate.ShouldNotBeNull().BytesPerSecond.ShouldBeGreaterThanOrEqualTo(16 * 1024, "the rate of readers who are not tested");
            kestrel.Limits.MinResponseDataRate = new MinDataRate(64 * 1024 * 1024, kestrel.Limits.MinResponseDataRate.GracePeriod);
        }));
        using var client = new TcpClient { NoDelay = true, ReceiveBufferSize = 4096 };
        await client.ConnectAsync(hasty.BaseAddress.Host, hasty.BaseAddress.Port);
        var stream = client.GetStream();
        for (var i = 0; i < 200; i++)
        {
            await stream.WriteAsync("GET /api/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray());
        }

        // Reading would be noticed; what is not received at all any more can be felt by sending only.
        await Patience.Until(
            async () =>
            {
                try
                {
                    await stream.WriteAsync("\r\n"u8.ToArray());
                    return false;
                }
                catch (IOException)
                {
                    return true;
                }
            },
            "the server hangs up on a client that never reads");
    }

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
