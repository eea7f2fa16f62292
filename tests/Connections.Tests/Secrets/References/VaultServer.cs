using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Connections.Tests.Secrets.References;

/// <summary>A key-value engine of a vault, version 2, as far as reading goes: over HTTP, with a token and a namespace.</summary>
internal sealed class VaultServer : IAsyncDisposable
{
    public const string Token = "vault-canary-token-77c1";
    public const string Namespace = "team";
    private readonly Upstream http;

    private VaultServer(Upstream http) => this.http = http;

    public string Url => http.Url;

    public ConcurrentDictionary<string, Dictionary<string, object>> Secrets { get; } = new();

    /// <summary>The token that is good now.</summary>
    public string GoodToken { get; set; } = Token;

    /// <summary>What is answered instead; null for secrets.</summary>
    public RequestDelegate? Lie { get; set; }

    public int Asked => http.Requests.Count;

    public static async Task<VaultServer> Start()
    {
        VaultServer? vault = null;
        var http = await Upstream.Start(context => vault!.Answer(context));
        return vault = new VaultServer(http);
    }

    public ValueTask DisposeAsync() => http.DisposeAsync();

    private Task Answer(HttpContext context)
    {
        if (Lie is { } lie)
        {
            return lie(context);
        }

        const string prefix = "/v1/kv/data/";
        var path = context.Request.Path.Value!;
        if (context.Request.Headers["X-Vault-Token"] != GoodToken || context.Request.Headers["X-Vault-Namespace"] != Namespace || context.Request.Method != "GET")
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("""{"errors":["permission denied"]}""");
        }

        if (!path.StartsWith(prefix, StringComparison.Ordinal) || !Secrets.TryGetValue(path[prefix.Length..], out var secret))
        {
            context.Response.StatusCode = 404;
            return context.Response.WriteAsync("""{"errors":[]}""");
        }

        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(new { request_id = "1", lease_id = "", renewable = false, data = new { data = secret, metadata = new { version = 1, destroyed = false } } }));
    }
}
