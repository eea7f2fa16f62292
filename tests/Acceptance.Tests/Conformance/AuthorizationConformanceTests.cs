using System.Net;
using System.Net.Sockets;

namespace Toolgate.Acceptance.Tests;

/// <summary>The official scenarios for authorization servers, with a person who answers.</summary>
public sealed class AuthorizationConformanceTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task The_authorization_server_passes_the_official_suite()
    {
        using var person = await Person.Join(world);
        var kit = await world.NewToolkit("toolgate.policies.*");
        var client = new ByHand(world);
        var port = FreePort();
        await client.Register($"http://127.0.0.1:{port}/callback");

        var run = await ConformanceSuite.RunAuthorization(
            client.Origin, client.ClientId, client.Origin + kit.Path, port, async question => (await person.Answer(question)).Uri);

        run.ShouldPass(2);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
