using System.Net;
using Microsoft.AspNetCore.Http;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>
/// Who may call from a browser, and under which host name: the specification's answer to DNS rebinding (2026-07-28, Streamable HTTP,
/// "Security &amp; Endpoint"). A request without <c>Origin</c> does not come from a page.
/// </summary>
internal sealed class OriginGuard(SessionsOptions options)
{
    private readonly HashSet<string> allowed = options.AllowedOrigins.Append(OriginOf(options.PublicUrl) ?? "")
        .Where(origin => origin.Length > 0).Select(origin => origin.TrimEnd('/')).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private readonly string? publicHost = options.PublicUrl is { } url ? new Uri(url).Host : null;

    /// <summary>The public origin of this deployment as this request sees it.</summary>
    public string OriginFor(HttpRequest request) => PublicOrigin.Of(request, options.PublicUrl);

    /// <summary>
    /// Whether the host name is one under which a connection that ends on loopback can be meant: a page of a foreign name that was made
    /// to resolve to this machine still names itself.
    /// </summary>
    public bool HostIsAllowed(HttpContext context)
    {
        if (context.Connection.LocalIpAddress is not { } local || !IPAddress.IsLoopback(local))
        {
            return true;
        }

        var host = context.Request.Host.Host;
        return IsLoopbackName(host) || string.Equals(host, publicHost, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether a page of this origin may call: the server's own, another loopback one when the server is called by a loopback name, or a configured one.</summary>
    public bool IsAllowed(string origin, HttpRequest request)
        => allowed.Contains(origin)
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
                && (string.Equals(origin, $"{request.Scheme}://{request.Host.ToUriComponent()}", StringComparison.OrdinalIgnoreCase)
                    || (IsLoopbackName(uri.Host) && IsLoopbackName(request.Host.Host))));

    /// <summary>Whether caller and name are this machine and no proxy stands between.</summary>
    public static bool IsLocalCaller(HttpContext context)
        => context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote)
            && IsLoopbackName(context.Request.Host.Host)
            && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("Forwarded");

    private static bool IsLoopbackName(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address));

    private static string? OriginOf(string? url) => url is null ? null : new Uri(url).GetLeftPart(UriPartial.Authority);
}
