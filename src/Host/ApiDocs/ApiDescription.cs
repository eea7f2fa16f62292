using Microsoft.OpenApi;

namespace Toolgate.Host;

/// <summary>The OpenAPI 3.1 description of the REST API, and a page that shows it.</summary>
internal static class ApiDescription
{
    private const string PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    /// <summary>Registers the generator.</summary>
    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true;
        options.AddSchemaTransformer<ApiSchemaTransformer>();
        options.AddOperationTransformer<ApiOperationTransformer>();
        options.AddDocumentTransformer<ApiDocumentTransformer>();
    });

    /// <summary>Maps <c>/api/openapi.json</c> and <c>/api/docs</c>; both are open, they describe what is open source anyway.</summary>
    public static void MapApiDescription(this WebApplication app)
    {
        app.MapOpenApi("/api/openapi.json");
        Serve(app, "/api/docs", "docs.html", "text/html; charset=utf-8");
        Serve(app, "/api/docs/docs.js", "docs.js", "text/javascript; charset=utf-8");
        Serve(app, "/api/docs/docs.css", "docs.css", "text/css; charset=utf-8");
    }

    private static void Serve(WebApplication app, string path, string resource, string contentType)
    {
        using var stream = typeof(ApiDescription).Assembly.GetManifestResourceStream("Toolgate.Host.ApiDocs." + resource)!;
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        var bytes = buffer.ToArray();
        app.MapGet(path, (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = PagePolicy;
            return TypedResults.Bytes(bytes, contentType);
        }).ExcludeFromDescription();
    }
}
