using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Connections.Tests.OAuth;

/// <summary>An upstream and its token endpoint: tokens are numbered, and only the newest one is good.</summary>
internal sealed class Provider : IAsyncDisposable
{
    public const string Client = "client:1";
    public const string Secret = "canary-secret/+ü";
    private int issued;

    private Provider(Upstream upstream) => Upstream = upstream;

    public Upstream Upstream { get; }

    /// <summary>How many tokens were asked for.</summary>
    public int Asked => Upstream.Requests.Count(request => request.Target == "/token");

    /// <summary>What the token endpoint answers instead; null for a token.</summary>
    public RequestDelegate? Lie { get; set; }

    /// <summary>Seconds that a token lives.</summary>
    public int Life { get; set; } = 3600;

    /// <summary>The token that is good now.</summary>
    public string Token => $"canary-token-{issued}";

    public static async Task<Provider> Start()
    {
        Provider? provider = null;
        var upstream = await Upstream.Start(context => provider!.Answer(context));
        return provider = new Provider(upstream);
    }

    /// <summary>The token that was issued last is good no more.</summary>
    public void Revoke() => Interlocked.Increment(ref issued);

    public ValueTask DisposeAsync() => Upstream.DisposeAsync();

    private Task Answer(HttpContext context)
    {
        if (context.Request.Path != "/token")
        {
            context.Response.StatusCode = context.Request.Headers.Authorization == "Bearer " + Token ? 200 : 401;
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync("{}");
        }

        if (Lie is { } lie)
        {
            return lie(context);
        }

        var pair = $"{WebUtility.UrlEncode(Client)}:{WebUtility.UrlEncode(Secret)}";
        if (context.Request.Headers.Authorization != "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)))
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        }

        Interlocked.Increment(ref issued);
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync($$"""{"access_token":"{{Token}}","token_type":"bearer","expires_in":{{Life}}}""");
    }
}
