using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Toolgate.Rest;

/// <summary>
/// The few pages that are rendered here and not by the console: where a person signs in, consents or decides. They hold no script and load one
/// stylesheet, so that their policy can forbid everything else.
/// </summary>
public static class Page
{
    private const string Stylesheet = "/pages.css";
    private static readonly byte[] Style = ReadStyle();

    /// <summary>A page as the answer of an endpoint.</summary>
    /// <param name="title">Heading and window title; text.</param>
    /// <param name="body">What stands below the heading.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="formTargets">
    /// Origins or schemes (<c>https://client.example</c>, <c>cursor:</c>) that a form of this page may lead to besides Toolgate itself, redirects included (CSP
    /// Level 3, "form-action"). Each must have been checked: it goes into a header.
    /// </param>
    public static IResult Of(string title, Html body, int status = StatusCodes.Status200OK, params IReadOnlyList<string> formTargets)
        => new PageResult(title, body, status, formTargets);

    /// <summary>Maps the stylesheet of the pages.</summary>
    public static void MapPageStyle(this IEndpointRouteBuilder endpoints) => endpoints.MapGet(Stylesheet, (HttpContext context) =>
    {
        context.Response.Headers.CacheControl = "public, max-age=3600";
        return TypedResults.Bytes(Style, "text/css; charset=utf-8");
    }).ExcludeFromDescription();

    private static byte[] ReadStyle()
    {
        using var stream = typeof(Page).Assembly.GetManifestResourceStream("Toolgate.Rest.Pages.pages.css")!;
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        return buffer.ToArray();
    }

    private sealed class PageResult(string title, Html body, int status, IReadOnlyList<string> formTargets) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            var response = context.Response;
            response.StatusCode = status;
            response.ContentType = "text/html; charset=utf-8";
            response.Headers.CacheControl = "no-store";
            response.Headers.ContentSecurityPolicy =
                $"default-src 'none'; style-src 'self'; form-action {string.Join(' ', formTargets.Prepend("'self'"))}; frame-ancestors 'none'; base-uri 'none'";
            var whole = Html.Of(
                $"""
                <!doctype html>
                <html lang="en">
                <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
                <title>{title} · Toolgate</title><link rel="stylesheet" href="{PublicOrigin.BasePath(context)}{Stylesheet}"></head>
                <body><main><p class="brand">Toolgate</p><h1>{title}</h1>
                {body}
                </main></body>
                </html>

                """);
            return response.Body.WriteAsync(Encoding.UTF8.GetBytes(whole.Text), context.RequestAborted).AsTask();
        }
    }
}
