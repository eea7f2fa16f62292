using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Builder;
using Toolgate.Access;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// Protected resource metadata (RFC 9728). The same for a toolkit that exists and one that does not: it tells how to get in, not what is
/// inside.
/// </summary>
internal sealed class ResourceMetadata(OriginGuard origins, ICredentials credentials)
{
    private const string Headers = "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Last-Event-ID, Mcp-Method, Mcp-Name";

    /// <summary>Maps the documents, and a 404 in JSON for every other well-known path.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.Map(Challenge.WellKnown, context => Serve(context, "/mcp"));
        endpoints.Map(Challenge.WellKnown + "/mcp", context => Serve(context, "/mcp"));
        endpoints.Map(Challenge.WellKnown + "/mcp/toolkits/{slug}", context => Serve(context, new McpResource((string)context.Request.RouteValues["slug"]!).Path));
        endpoints.Map("/.well-known/{**path}", Unknown).WithOrder(1_000);
    }

    private Task Serve(HttpContext context, string path)
    {
        var response = context.Response;
        response.Headers.AccessControlAllowOrigin = "*";
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            response.Headers.AccessControlAllowMethods = "GET, OPTIONS";
            response.Headers.AccessControlAllowHeaders = Headers;
            return Task.CompletedTask;
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            response.Headers.Allow = "GET, HEAD, OPTIONS";
            return Json(context, 405, json => json.WriteString("error"u8, "method_not_allowed"u8));
        }

        response.Headers.CacheControl = "max-age=300";
        var origin = origins.OriginFor(context.Request);
        return Json(context, 200, json =>
        {
            json.WriteString("resource"u8, origin + new PathString(path).ToUriComponent());
            json.WriteStartArray("authorization_servers"u8);
            json.WriteStringValue(origin);
            foreach (var issuer in credentials.Issuers)
            {
                json.WriteStringValue(issuer);
            }

            json.WriteEndArray();
            json.WriteStartArray("bearer_methods_supported"u8);
            json.WriteStringValue("header"u8);
            json.WriteEndArray();
            json.WriteStartArray("scopes_supported"u8);
            json.WriteStringValue("mcp"u8);
            json.WriteEndArray();
            json.WriteString("resource_name"u8, "Toolgate"u8);
        });
    }

    private static Task Unknown(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        return Json(context, 404, json => json.WriteString("error"u8, "not_found"u8));
    }

    private static async Task Json(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
        }
    }
}
