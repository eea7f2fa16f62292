using Microsoft.Extensions.Primitives;
using Toolgate.Rest;

namespace Toolgate.Host;

/// <summary>Headers that every response carries, whoever wrote it.</summary>
internal static class SecurityHeaders
{
    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues NoReferrer = "no-referrer";
    private static readonly StringValues Deny = "DENY";
    private static readonly StringValues Nothing = "default-src 'none'; frame-ancestors 'none'";
    private static readonly StringValues SameOrigin = "same-origin";
    private static readonly StringValues NoStore = "no-store";
    private static readonly StringValues OneYear = "max-age=31536000";

    /// <summary>
    /// Adds them when the response starts, so that an error handler that clears a response does not lose them. What an endpoint says of its own policy, or of
    /// how long its answer may be kept, stands.
    /// </summary>
    public static void UseSecurityHeaders(this WebApplication app)
    {
        var isPublicHttps = app.Configuration[PublicOrigin.Setting]?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true;
        app.Use(next => context =>
        {
            context.Response.OnStarting(
                static state =>
                {
                    var (context, isPublicHttps) = ((HttpContext, bool))state;
                    Add(context, isPublicHttps);
                    return Task.CompletedTask;
                },
                (context, isPublicHttps));
            return next(context);
        });
    }

    private static void Add(HttpContext context, bool isPublicHttps)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = NoSniff;
        headers["Referrer-Policy"] = NoReferrer;
        headers.XFrameOptions = Deny;
        headers["Cross-Origin-Resource-Policy"] = SameOrigin;
        if (headers.ContentSecurityPolicy.Count == 0)
        {
            headers.ContentSecurityPolicy = Nothing;
        }

        if (headers.CacheControl.Count == 0)
        {
            headers.CacheControl = NoStore;
        }

        // A client that opened the question in a window of its own must be able to see that window come back.
        if (!context.Request.Path.StartsWithSegments("/authorize"))
        {
            headers["Cross-Origin-Opener-Policy"] = SameOrigin;
        }

        // On this machine's own names it would bind every other server there, too.
        if ((context.Request.IsHttps || isPublicHttps) && !KnownHosts.IsLoopbackName(context.Request.Host.Host))
        {
            headers.StrictTransportSecurity = OneYear;
        }
    }
}
