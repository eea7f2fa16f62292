using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>What browsers must be told before they let a page talk to the MCP endpoint.</summary>
internal static class Cors
{
    private const string RequestHeaders =
        "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Last-Event-ID, Mcp-Method, Mcp-Name, traceparent, tracestate";

    /// <summary>Lets a page of an allowed origin read the answer, the session's id and the challenge included.</summary>
    public static void Allow(HttpContext context, string origin)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.Vary = "Origin";
        headers.AccessControlExposeHeaders = "Mcp-Session-Id, WWW-Authenticate";
    }

    /// <summary>Answers a preflight. Headers of the form <c>Mcp-Param-…</c> are named back, since a wildcard does not cover Authorization.</summary>
    public static void Preflight(HttpContext context, string methods)
    {
        var headers = context.Response.Headers;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        headers.Allow = methods;
        if (headers.AccessControlAllowOrigin.Count == 0)
        {
            return;
        }

        var parameters = context.Request.Headers.AccessControlRequestHeaders.ToString().Split(',', StringSplitOptions.TrimEntries)
            .Where(name => name.StartsWith("mcp-param-", StringComparison.OrdinalIgnoreCase) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
        headers.AccessControlAllowMethods = methods;
        headers.AccessControlAllowHeaders = string.Join(", ", parameters.Prepend(RequestHeaders));
        headers.AccessControlMaxAge = "600";
    }
}
