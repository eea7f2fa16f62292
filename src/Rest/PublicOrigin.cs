using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Toolgate.Rest;

/// <summary>Where clients reach this deployment, for URLs that it hands out.</summary>
public static class PublicOrigin
{
    /// <summary>The setting that names the address; what a client used is a guess where proxies stand between.</summary>
    public const string Setting = "Toolgate:PublicUrl";

    /// <summary>The configured address, or scheme, host and base path that the client used; without a trailing slash.</summary>
    /// <param name="request">The request that is answered.</param>
    /// <param name="publicUrl">Value of <see cref="Setting"/>; null or empty when there is none.</param>
    public static string Of(HttpRequest request, string? publicUrl) => string.IsNullOrEmpty(publicUrl)
        ? $"{request.Scheme}://{request.Host.ToUriComponent()}{request.PathBase.ToUriComponent()}".TrimEnd('/')
        : publicUrl.TrimEnd('/');

    /// <summary>
    /// What the links of pages begin with: the path of the configured address (a proxy that adds a path strips it before it asks here), else the base path of the
    /// request; without a trailing slash, empty for none.
    /// </summary>
    /// <param name="context">The request that is answered.</param>
    public static string BasePath(HttpContext context)
        => context.RequestServices?.GetService<IConfiguration>()?[Setting] is { Length: > 0 } configured && Uri.TryCreate(configured, UriKind.Absolute, out var url)
            ? url.AbsolutePath.TrimEnd('/')
            : context.Request.PathBase.ToUriComponent().TrimEnd('/');
}
