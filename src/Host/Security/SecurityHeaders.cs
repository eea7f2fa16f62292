namespace Toolgate.Host;

/// <summary>Headers that every response carries, whoever wrote it.</summary>
internal static class SecurityHeaders
{
    /// <summary>Adds them when the response starts, so that an error handler that clears a response does not lose them.</summary>
    public static void UseSecurityHeaders(this WebApplication app) => app.Use(next => context =>
    {
        context.Response.OnStarting(
            static state =>
            {
                var headers = ((HttpResponse)state).Headers;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "no-referrer";
                headers.XFrameOptions = "DENY";
                if (headers.ContentSecurityPolicy.Count == 0)
                {
                    headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
                }

                return Task.CompletedTask;
            },
            context.Response);
        return next(context);
    });
}
