using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Toolgate.Acceptance.Tests;

/// <summary>An upstream whose every request has an effect that is counted by a token, and that can be made to wait after it.</summary>
internal sealed class CountingApi : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, int> effects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> arrivals = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> held = new(StringComparer.Ordinal);

    private CountingApi(WebApplication app) => this.app = app;

    /// <summary>Origin, without a trailing slash.</summary>
    public string Origin => app.Urls.Single();

    /// <summary>Its OpenAPI document: one operation, <c>acts.act {token}</c>.</summary>
    public string Document => """
        {"openapi":"3.1.0","info":{"title":"Acts","version":"1"},"servers":[{"url":"ORIGIN"}],"paths":{"/act":{"post":{"tags":["acts"],"operationId":"act",
        "requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","properties":{"token":{"type":"string"}},"required":["token"]}}}},
        "responses":{"200":{"description":"done","content":{"application/json":{"schema":{"type":"object"}}}}}}}}}
        """.Replace("ORIGIN", Origin, StringComparison.Ordinal);

    public static async Task<CountingApi> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var api = new CountingApi(builder.Build());
        api.app.MapPost("/act", (Delegate)api.Act);
        await api.app.StartAsync();
        return api;
    }

    /// <summary>How often the effect of a token was had.</summary>
    public int Effects(string token) => effects.GetValueOrDefault(token);

    /// <summary>The next request of this token has its effect and is not answered.</summary>
    public Task Hold(string token)
    {
        held[token] = true;
        return arrivals.GetOrAdd(token, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task<IResult> Act(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var token = body.RootElement.GetProperty("token").GetString()!;
        effects.AddOrUpdate(token, 1, (_, count) => count + 1);
        if (held.TryRemove(token, out _))
        {
            arrivals[token].TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return Results.Json(new { done = token });
    }
}
