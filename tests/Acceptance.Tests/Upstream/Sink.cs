using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Toolgate.Acceptance.Tests;

/// <summary>
/// Whatever Toolgate talks to, at one address: an API, a token endpoint, a GraphQL endpoint, a vault, a proxy, a collector of telemetry. Keeps every byte that it
/// gets; only <c>/fail</c> says back what it was sent, as careless upstreams do.
/// </summary>
internal sealed class Sink : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<string> seen = new();

    private Sink(WebApplication app) => this.app = app;

    public string Url => app.Urls.First();

    /// <summary>Head and body of each request, one character a byte.</summary>
    public string Seen => string.Join('\n', seen);

    /// <summary>Answers by path; anything else is <c>{"ok":true}</c>.</summary>
    public Dictionary<string, object> Answers { get; } = new(StringComparer.Ordinal);

    public static async Task<Sink> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var sink = new Sink(builder.Build());
        sink.app.Run(sink.Answer);
        await sink.app.StartAsync();
        return sink;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Answer(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}"));
        var said = $"{context.Request.Method} {context.Features.Get<IHttpRequestFeature>()!.RawTarget}\n{headers}\n\n{Encoding.Latin1.GetString(body.ToArray())}";
        seen.Enqueue(said);
        context.Response.ContentType = "application/json";
        if (context.Request.Path == "/fail")
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync(JsonSerializer.Serialize(new { error = said }));
            return;
        }

        await context.Response.WriteAsync(JsonSerializer.Serialize(Answers.GetValueOrDefault(context.Request.Path.Value!, new { ok = true })));
    }
}
