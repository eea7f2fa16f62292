using System.Net;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Fixture;

/// <summary>What a request must pass before it is read as MCP: host, origin, credential, and the malfunctions that a test ordered.</summary>
internal sealed class Doorkeeper(FixtureCore core)
{
    /// <summary>Whether the request may go on; otherwise it was answered.</summary>
    public async Task<bool> Admit(HttpContext http, ReceivedRequest received)
    {
        // A web page that reaches a loopback server through a name of its own shows itself by these two.
        if (!IsLoopback(http.Request.Host.Host)
            || (received.Header("Origin") is { } origin && !(Uri.TryCreate(origin, UriKind.Absolute, out var uri) && IsLoopback(uri.Host))))
        {
            await Wire.Refuse(http, StatusCodes.Status403Forbidden, -32000, "Host or Origin is not allowed");
            return false;
        }

        var behaviour = core.Behaviour;
        if ((behaviour.Authorization is { } expected && received.Header("Authorization") != expected)
            || (behaviour.Header is var (name, value) && received.Header(name) != value))
        {
            http.Response.Headers.WWWAuthenticate = behaviour.Challenge;
            await Wire.Refuse(http, StatusCodes.Status401Unauthorized, -32001, "Unauthorized");
            return false;
        }

        switch (behaviour.Faults?.Invoke(received))
        {
            case Fault.Status fault:
                http.Response.StatusCode = fault.Code;
                http.Response.ContentType = fault.ContentType;
                await http.Response.WriteAsync(fault.Body);
                return false;
            case Fault.Garbage garbage:
                http.Response.ContentType = garbage.ContentType;
                await http.Response.WriteAsync(garbage.Body);
                return false;
            case Fault.Abort:
                http.Abort();
                return false;
            default:
                return true;
        }
    }

    private static bool IsLoopback(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
