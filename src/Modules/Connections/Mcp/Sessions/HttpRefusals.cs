using System.Net;

namespace Toolgate.Connections;

/// <summary>What a status outside 200–299 says about the era and the session of a request.</summary>
internal static class HttpRefusals
{
    /// <summary>Codes that only servers of the modern era use.</summary>
    private static bool IsModern(int? code) => code is McpProtocol.HeaderMismatch or McpProtocol.MissingCapability;

    /// <summary>
    /// Whether a request of the modern era reached a server that does not speak it. A 4xx without a modern body is the sign; 401 and 403 say nothing about
    /// eras, 5xx is an outage.
    /// </summary>
    public static bool IsOtherEra(HttpStatusCode status, RpcAnswer body) => status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests)
        && (int)status is >= 400 and < 500
        && body.Code switch
        {
            McpProtocol.UnsupportedVersion => true,

            // Old servers without a session or a handshake answer from the range that belonged to nobody.
            <= -32000 and >= -32019 => true,
            null => true,
            _ => false,
        };

    /// <summary>Whether a handshake of the legacy era reached a server that speaks only the modern one.</summary>
    public static bool IsNoHandshake(HttpStatusCode status, RpcAnswer body)
        => IsModern(body.Code) || body.Code == McpProtocol.UnsupportedVersion || (status == HttpStatusCode.NotFound && body.Code == McpProtocol.MethodNotFound);

    /// <summary>
    /// Whether a request of a session may have reached a server that has none any more: it misses what every request of the modern era says. Such a request
    /// was not processed.
    /// </summary>
    public static bool IsNewEra(HttpStatusCode status, RpcAnswer body)
        => status == HttpStatusCode.BadRequest && body.Code is (McpProtocol.UnsupportedVersion or McpProtocol.HeaderMismatch or McpProtocol.InvalidParams);

    /// <summary>
    /// Whether a request of the legacy era was refused because its session is gone: 404, or the 400 of servers that say it in words. Such a request was not
    /// processed.
    /// </summary>
    public static bool IsSessionGone(HttpStatusCode status, RpcAnswer body) => status switch
    {
        HttpStatusCode.NotFound => body.Code is not McpProtocol.MethodNotFound,
        HttpStatusCode.BadRequest => body.Code is -32000 or -32001
            && JsonMembers.Text(JsonMembers.Find(body.Error, "message"))?.Contains("session", StringComparison.OrdinalIgnoreCase) == true,
        _ => false,
    };
}
