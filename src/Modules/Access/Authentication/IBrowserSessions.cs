using Microsoft.AspNetCore.Http;

namespace Toolgate.Access;

/// <summary>Knows the person behind a browser by the cookie of their sign-in.</summary>
internal interface IBrowserSessions
{
    /// <summary>The signed-in person; null for nobody, an ended sign-in or a removed member. No I/O.</summary>
    Principal? Find(HttpContext context);
}
