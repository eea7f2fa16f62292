using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Reads the forms of pages.</summary>
internal static class PageForm
{
    private const int MaxBytes = 32 * 1024;

    /// <summary>The form of a POST; null when there is none, or it is too large or malformed.</summary>
    public static async Task<IFormCollection?> Read(HttpContext context, CancellationToken cancellationToken)
    {
        var type = context.Request.ContentType;
        if (type?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
        {
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxBytes;
        }

        try
        {
            return await context.Request.ReadFormAsync(cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            return null;
        }
    }
}

/// <summary>303: go on there by GET.</summary>
/// <param name="path">Path below the base of this deployment, or a whole address.</param>
/// <param name="isElsewhere">Whether it is a whole address; it must have been checked.</param>
internal sealed class SeeOther(string path, bool isElsewhere = false) : IResult
{
    public Task ExecuteAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = isElsewhere ? path : PublicOrigin.BasePath(context) + path;
        context.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
