using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Where links of this deployment lead (<see cref="PublicOrigin"/>).</summary>
internal sealed class PublicAddress(IConfiguration configuration)
{
    private readonly string? configured = configuration[PublicOrigin.Setting];

    /// <summary>The origin for an answer to this request.</summary>
    public string Of(HttpRequest request) => PublicOrigin.Of(request, configured);

    /// <summary>
    /// Whether a form came from a page of this deployment, or from no page at all. Browsers say so themselves (Fetch Metadata); where they do not, the origin does.
    /// </summary>
    public bool IsOwnPage(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "same-origin" or "none" => true,
        "" => request.Headers.Origin.ToString() is var origin
            && (origin.Length == 0 || Is(origin, Of(request)) || Is(origin, $"{request.Scheme}://{request.Host.ToUriComponent()}")),
        _ => false,
    };

    private static bool Is(string origin, string own) => string.Equals(origin, own, StringComparison.OrdinalIgnoreCase);
}
