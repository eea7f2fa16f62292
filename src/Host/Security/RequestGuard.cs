using Microsoft.AspNetCore.Http.Features;
using Toolgate.Rest;

namespace Toolgate.Host;

/// <summary>
/// What is refused whatever it asks for: a request under a name that is not this deployment's, a write to the REST API from a page of another origin, a request
/// line or headers beyond the limits. The MCP endpoints judge host and origin themselves, in their own words.
/// </summary>
/// <remarks>
/// The server itself would refuse long headers without a body, so that it is given twice the limits; what is beyond these, or no HTTP at all, it still refuses so.
/// </remarks>
internal sealed class RequestGuard(RequestDelegate next, KnownHosts hosts, IConfiguration configuration)
{
    /// <summary>Longest request line.</summary>
    public const int MaxRequestLine = 8 * 1024;

    /// <summary>Most bytes of all headers.</summary>
    public const int MaxHeaderBytes = 32 * 1024;

    /// <summary>Most headers.</summary>
    public const int MaxHeaders = 100;

    private readonly HashSet<string> origins = Origins(configuration);

    /// <summary>Runs the rest of the pipeline for what may pass.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        var isMcp = path.StartsWithSegments("/mcp");
        if (TooLarge(context) is { } large)
        {
            return isMcp ? Refuse(context, large) : large.ExecuteAsync(context);
        }

        // Probes name the address that they reach.
        if (isMcp || path.StartsWithSegments("/healthz") || path.StartsWithSegments("/readyz"))
        {
            return next(context);
        }

        if (!hosts.Allow(context))
        {
            return Problem.Of(403, "host_not_allowed", "The host name is not one of this server's: set Toolgate:PublicUrl or Toolgate:Hosts when it serves under another name.")
                .ExecuteAsync(context);
        }

        return path.StartsWithSegments("/api") && IsWrite(context.Request.Method) && !OriginIsAllowed(context.Request)
            ? Problem.Of(403, "origin_not_allowed", "A page of another origin must not write here.").ExecuteAsync(context)
            : next(context);
    }

    private static HashSet<string> Origins(IConfiguration configuration)
    {
        var origins = configuration.GetSection("Toolgate:Cors:AllowedOrigins").Get<string[]>() ?? [];
        var own = configuration[PublicOrigin.Setting] is { Length: > 0 } url ? new Uri(url).GetLeftPart(UriPartial.Authority) : "";
        return origins.Append(own).Where(origin => origin.Length > 0).Select(origin => origin.TrimEnd('/')).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    private static bool IsWrite(string method) => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);

    /// <summary>
    /// Whether it comes from no page, or from one that may. Other pages of this machine may not, unlike at the MCP endpoints: a cookie makes no difference
    /// between ports.
    /// </summary>
    private bool OriginIsAllowed(HttpRequest request) => request.Headers.Origin switch
    {
        { Count: 0 } => true,
        [{ } origin] => origins.Contains(origin) || string.Equals(origin, $"{request.Scheme}://{request.Host.ToUriComponent()}", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static ProblemResult? TooLarge(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestFeature>() is { RawTarget: { } target } && target.Length > MaxRequestLine)
        {
            return Problem.Of(414, "uri_too_long", "The request line must not be longer than 8 KiB.");
        }

        var (bytes, count) = (0, 0);
        foreach (var header in context.Request.Headers)
        {
            foreach (var value in header.Value)
            {
                count++;
                bytes += header.Key.Length + (value?.Length ?? 0) + 4;
            }
        }

        return count > MaxHeaders || bytes > MaxHeaderBytes ? Problem.Of(431, "headers_too_large", "There must not be more than 100 headers or 32 KiB of them.") : null;
    }

    /// <summary>The words of the MCP endpoints.</summary>
    private static Task Refuse(HttpContext context, ProblemResult problem)
    {
        context.Response.StatusCode = problem.Problem.Status;
        return context.Response.WriteAsJsonAsync(
            new { jsonrpc = "2.0", error = new { code = -32000, message = problem.Problem.Detail } }, options: null, "application/json", context.RequestAborted);
    }
}
