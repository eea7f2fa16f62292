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

    private readonly KnownHosts hosts = new(options.PublicUrl, options.Hosts);

    /// <summary>The public origin of this deployment as this request sees it.</summary>
    public string OriginFor(HttpRequest request) => PublicOrigin.Of(request, options.PublicUrl);

    /// <summary>Whether the request may name the host that it names.</summary>
    public bool HostIsAllowed(HttpContext context) => hosts.Allow(context);

    /// <summary>Whether a page of this origin may call: the server's own, another loopback one when the server is called by a loopback name, or a configured one.</summary>
    public bool IsAllowed(string origin, HttpRequest request)
        => allowed.Contains(origin)
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
                && (string.Equals(origin, $"{request.Scheme}://{request.Host.ToUriComponent()}", StringComparison.OrdinalIgnoreCase)
                    || (KnownHosts.IsLoopbackName(uri.Host) && KnownHosts.IsLoopbackName(request.Host.Host))));

    /// <summary>Whether caller and name are this machine and no proxy stands between.</summary>
    public static bool IsLocalCaller(HttpContext context)
        => context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote)
            && KnownHosts.IsLoopbackName(context.Request.Host.Host)
            && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("Forwarded");

    private static string? OriginOf(string? url) => url is null ? null : new Uri(url).GetLeftPart(UriPartial.Authority);
}
