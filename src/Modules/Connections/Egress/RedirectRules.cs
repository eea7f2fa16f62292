using System.Net;

namespace Toolgate.Connections;

/// <summary>What the next request of a chain of redirects is, and which hops are refused although their target may be reached.</summary>
internal static class RedirectRules
{
    /// <summary>The method after a redirect (RFC 9110 section 15.4): 303 turns everything but HEAD into GET, 301 and 302 historically turn POST into it.</summary>
    public static HttpMethod MethodAfter(HttpStatusCode status, HttpMethod method)
        => BecomesGet(status, method) && method != HttpMethod.Head ? HttpMethod.Get : method;

    /// <summary>Whether the body of the request ends at this redirect.</summary>
    public static bool BecomesGet(HttpStatusCode status, HttpMethod method)
        => status == HttpStatusCode.SeeOther || (status is HttpStatusCode.Moved or HttpStatusCode.Found && method == HttpMethod.Post);

    /// <summary>Why a hop is refused; null when it is not.</summary>
    /// <param name="from">The URL that redirected.</param>
    /// <param name="to">Where to.</param>
    /// <param name="carriesBody">Whether the next request would have a body.</param>
    /// <param name="carriesCredentials">Whether the request that was redirected carried credentials.</param>
    public static string? Refusal(Uri from, Uri to, bool carriesBody, bool carriesCredentials)
    {
        // Whoever sits on the wire could have the answer of an upstream that must be asked in private.
        if (carriesCredentials && from.Scheme == Uri.UriSchemeHttps && to.Scheme == Uri.UriSchemeHttp)
        {
            return $"{from.Host} redirects a request with credentials from https to http.";
        }

        // A body is meant for the origin that it was written for, and without it the request would say something else.
        return carriesBody && !SameOrigin(from, to) ? $"{from.Host} redirects a request with a body to another origin." : null;
    }

    /// <summary>Whether two URLs have the same scheme, host and port.</summary>
    public static bool SameOrigin(Uri a, Uri b)
        => a.Scheme == b.Scheme && a.Port == b.Port && string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase);
}
