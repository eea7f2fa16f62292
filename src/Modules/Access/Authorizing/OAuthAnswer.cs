using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Toolgate.Access;

/// <summary>
/// Endpoints that clients call by themselves, from servers and from pages of any origin. They know no cookies, so that every page may read their answers.
/// </summary>
internal static class OAuthEndpoints
{
    private const string RequestHeaders = "Authorization, Content-Type, Accept, MCP-Protocol-Version";

    /// <summary>Maps an endpoint with its preflight; 405 for other methods.</summary>
    public static void MapOpen(this IEndpointRouteBuilder endpoints, string method, string path, Func<HttpContext, Task> handle)
        => endpoints.Map(path, (RequestDelegate)(async context =>
        {
            var response = context.Response;
            response.Headers.AccessControlAllowOrigin = "*";
            if (HttpMethods.IsOptions(context.Request.Method))
            {
                response.StatusCode = StatusCodes.Status204NoContent;
                response.Headers.AccessControlAllowMethods = method + ", OPTIONS";
                response.Headers.AccessControlAllowHeaders = RequestHeaders;
                response.Headers.AccessControlMaxAge = "600";
                return;
            }

            if (context.Request.Method != method && !(method == "GET" && HttpMethods.IsHead(context.Request.Method)))
            {
                response.Headers.Allow = method + ", OPTIONS";
                await OAuthFault.Invalid("This endpoint takes " + method + ".").Write(context, StatusCodes.Status405MethodNotAllowed);
                return;
            }

            response.Headers.AccessControlExposeHeaders = "WWW-Authenticate, Retry-After";
            await handle(context);
        })).ExcludeFromDescription();

    /// <summary>Writes an answer in JSON that nobody keeps (RFC 6749 section 5.1), unless the endpoint said otherwise.</summary>
    public static async Task Json(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = buffer.Length;
        if (response.Headers.CacheControl.Count == 0)
        {
            response.Headers.CacheControl = "no-store";
        }

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
        }
    }

    /// <summary>Bounds the body of a request.</summary>
    public static void Limit(HttpContext context, int bytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = bytes;
        }
    }
}

/// <summary>An error of OAuth (RFC 6749 section 5.2).</summary>
/// <param name="Error">Its code; clients act on it.</param>
/// <param name="Description">A sentence for the person who writes the client. Never a secret.</param>
internal sealed record OAuthFault(string Error, string Description)
{
    /// <summary>The request is malformed.</summary>
    public static OAuthFault Invalid(string description) => new("invalid_request", description);

    /// <summary>The code or refresh token is worth nothing, whatever is wrong with it.</summary>
    public static OAuthFault Grant { get; } = new("invalid_grant", "The code or refresh token is unknown, expired, used, revoked, or was issued to another client or for another redirect URI.");

    /// <summary>The client did not authenticate.</summary>
    public static OAuthFault Client { get; } = new("invalid_client", "The client is unknown, or its secret is not right.");

    /// <summary>Another resource than the granted one, or none of this deployment.</summary>
    public static OAuthFault Target { get; } = new("invalid_target", "The resource is not one of this deployment, or not the one that was granted.");

    /// <summary>Writes it.</summary>
    public Task Write(HttpContext context, int status = StatusCodes.Status400BadRequest)
    {
        if (Error == "invalid_client")
        {
            status = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"Toolgate\"";
        }

        return OAuthEndpoints.Json(context, status, json =>
        {
            json.WriteString("error"u8, Error);
            json.WriteString("error_description"u8, Description);
        });
    }
}
