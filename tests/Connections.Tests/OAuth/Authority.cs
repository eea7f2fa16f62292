using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Toolgate.Connections.Tests.OAuth;

/// <summary>
/// An authorization server, the API behind it and an MCP server behind it, all on one loopback origin. It checks what a careful one checks (client, redirect,
/// PKCE, resource), rotates refresh tokens, and revokes a whole family when one is used twice. What it says wrongly is chosen by the test.
/// </summary>
internal sealed class Authority : IAsyncDisposable
{
    public const string Client = "client-1";
    public const string Secret = "canary-client-secret/+ü";
    private readonly ConcurrentDictionary<string, (string Challenge, string Redirect, string Resource, string Scope)> codes = new();
    private readonly ConcurrentDictionary<string, bool> refreshTokens = new();
    private readonly Lock gate = new();
    private int issued;

    private Authority(Upstream upstream) => Upstream = upstream;

    public Upstream Upstream { get; }

    public string Url => Upstream.Url;

    /// <summary>Seconds that an access token lives; null for an answer that does not say.</summary>
    public int? Life { get; set; } = 3600;

    public bool GivesRefreshTokens { get; set; } = true;

    /// <summary>Answers in place of the usual one, by path.</summary>
    public ConcurrentDictionary<string, RequestDelegate> Lies { get; } = new();

    /// <summary>What the consent page answers instead of a code; null for a code.</summary>
    public Func<string, string>? Consent { get; set; }

    /// <summary>Changes the metadata of the authorization server.</summary>
    public Action<JsonObject> Metadata { get; set; } = _ => { };

    /// <summary>Changes the metadata of the resource.</summary>
    public Action<JsonObject> Resource { get; set; } = _ => { };

    /// <summary>What the API says to a good token; null for what it should.</summary>
    public RequestDelegate? Api { get; set; }

    public string ClientId { get; set; } = Client;

    public string? ClientSecret { get; set; } = Secret;

    public string AuthMethod { get; set; } = "client_secret_basic";

    /// <summary>The access token that is good now; empty after a revocation.</summary>
    public string AccessToken { get; private set; } = "";

    /// <summary>The refresh token that is good now.</summary>
    public string? RefreshToken { get; private set; }

    /// <summary>Whether a refresh token was used twice.</summary>
    public bool SawReuse { get; private set; }

    public IEnumerable<IReadOnlyDictionary<string, string>> Forms(string path)
        => Upstream.Requests.Where(request => request.Target == path)
            .Select(request => (IReadOnlyDictionary<string, string>)QueryHelpers.ParseQuery(request.Body).ToDictionary(pair => pair.Key, pair => pair.Value.ToString()));

    public int Refreshes => Forms("/token").Count(form => form["grant_type"] == "refresh_token");

    public static async Task<Authority> Start()
    {
        Authority? authority = null;
        var upstream = await Upstream.Start(context => authority!.Answer(context));
        return authority = new Authority(upstream);
    }

    /// <summary>The access token is good no more; the refresh token is.</summary>
    public void RevokeAccess() => AccessToken = "";

    /// <summary>Nothing is good any more.</summary>
    public void RevokeAll() => (AccessToken, RefreshToken) = ("", null);

    public ValueTask DisposeAsync() => Upstream.DisposeAsync();

    private Task Answer(HttpContext context) => Lies.TryGetValue(context.Request.Path.Value!, out var lie) ? lie(context) : Usual(context);

    /// <summary>The answer without a lie.</summary>
    public Task Usual(HttpContext context)
    {
        return context.Request.Path.Value! switch
        {
            "/authorize" => Authorize(context),
            "/token" => Token(context),
            "/revoke" => Revoke(context),
            "/register" => Register(context),
            "/.well-known/oauth-authorization-server" => Json(context, 200, Describe()),
            "/.well-known/oauth-protected-resource/mcp" => Json(context, 200, DescribeResource()),
            "/mcp" => Mcp(context),
            "/issues" => Issues(context),
            _ => Json(context, 404, new JsonObject()),
        };
    }

    private JsonObject Describe()
    {
        var document = new JsonObject
        {
            ["issuer"] = Url,
            ["authorization_endpoint"] = Url + "/authorize",
            ["token_endpoint"] = Url + "/token",
            ["registration_endpoint"] = Url + "/register",
            ["revocation_endpoint"] = Url + "/revoke",
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic"),
            ["authorization_response_iss_parameter_supported"] = true,
        };
        Metadata(document);
        return document;
    }

    private JsonObject DescribeResource()
    {
        var document = new JsonObject { ["resource"] = Url + "/mcp", ["authorization_servers"] = new JsonArray(Url), ["scopes_supported"] = new JsonArray("read") };
        Resource(document);
        return document;
    }

    private Task Authorize(HttpContext context)
    {
        var query = context.Request.Query;
        var redirect = query["redirect_uri"].ToString();
        if (query["client_id"] != ClientId || query["response_type"] != "code" || query["code_challenge_method"] != "S256")
        {
            return Json(context, 400, new JsonObject());
        }

        var code = "canary-code-" + Interlocked.Increment(ref issued);
        codes[code] = (query["code_challenge"].ToString(), redirect, query["resource"].ToString(), query["scope"].ToString());
        var answer = Consent?.Invoke(code) ?? $"code={code}&iss={Uri.EscapeDataString(Url)}";
        context.Response.Redirect($"{redirect}?{answer}&state={Uri.EscapeDataString(query["state"].ToString())}");
        return Task.CompletedTask;
    }

    private async Task Token(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        if (!IsClient(context, form))
        {
            await Json(context, 401, new JsonObject { ["error"] = "invalid_client" });
            return;
        }

        JsonObject answer;
        lock (gate)
        {
            answer = form["grant_type"] == "refresh_token" ? Refresh(form["refresh_token"].ToString()) : Exchange(form);
        }

        await Json(context, answer.ContainsKey("error") ? 400 : 200, answer);
    }

    private JsonObject Exchange(IFormCollection form)
        => codes.TryRemove(form["code"].ToString(), out var code) && code.Redirect == form["redirect_uri"] && code.Resource == form["resource"].ToString()
            && code.Challenge == Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())))
            ? Issue(code.Scope)
            : Refused("invalid_grant");

    private JsonObject Refresh(string token)
    {
        if (refreshTokens.TryGetValue(token, out var used) && used)
        {
            // OAuth 2.1 section 4.3.1: somebody has a copy, so nobody keeps anything.
            SawReuse = true;
            RevokeAll();
            return Refused("invalid_grant");
        }

        if (token != RefreshToken)
        {
            return Refused("invalid_grant");
        }

        refreshTokens[token] = true;
        return Issue("");
    }

    private JsonObject Issue(string scope)
    {
        var number = Interlocked.Increment(ref issued);
        AccessToken = $"canary-access-{number}";
        var answer = new JsonObject { ["access_token"] = AccessToken, ["token_type"] = "Bearer" };
        if (Life is { } life)
        {
            answer["expires_in"] = life;
        }

        if (GivesRefreshTokens)
        {
            RefreshToken = $"canary-refresh-{number}";
            refreshTokens[RefreshToken] = false;
            answer["refresh_token"] = RefreshToken;
        }

        if (scope.Length > 0)
        {
            answer["scope"] = scope;
        }

        return answer;
    }

    private async Task Revoke(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        if (IsClient(context, form) && form["token"] == RefreshToken)
        {
            RevokeAll();
        }
    }

    private Task Register(HttpContext context)
    {
        ClientId = "registered-" + Interlocked.Increment(ref issued);
        return Json(context, 201, new JsonObject { ["client_id"] = ClientId, ["client_secret"] = ClientSecret });
    }

    private bool IsClient(HttpContext context, IFormCollection form)
    {
        var pair = $"{WebUtility.UrlEncode(ClientId)}:{WebUtility.UrlEncode(ClientSecret)}";
        var basic = context.Request.Headers.Authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));
        return AuthMethod switch
        {
            "client_secret_basic" => basic && !form.ContainsKey("client_secret"),
            "client_secret_post" => form["client_id"] == ClientId && form["client_secret"] == ClientSecret,
            _ => form["client_id"] == ClientId && !form.ContainsKey("client_secret"),
        };
    }

    private Task Issues(HttpContext context)
    {
        if (AccessToken.Length > 0 && context.Request.Headers.Authorization == "Bearer " + AccessToken)
        {
            return Api is { } api ? api(context) : Json(context, 200, new JsonObject { ["ok"] = true });
        }

        return Json(context, 401, new JsonObject());
    }

    private async Task Mcp(HttpContext context)
    {
        if (AccessToken.Length == 0 || context.Request.Headers.Authorization != "Bearer " + AccessToken)
        {
            context.Response.Headers.WWWAuthenticate = $"Bearer resource_metadata=\"{Url}/.well-known/oauth-protected-resource/mcp\"";
            await Json(context, 401, new JsonObject());
            return;
        }

        if (context.Request.Method != "POST")
        {
            await Json(context, 405, new JsonObject());
            return;
        }

        var message = (await JsonNode.ParseAsync(context.Request.Body))!;
        JsonObject? result = message["method"]!.GetValue<string>() switch
        {
            "initialize" => new JsonObject
            {
                ["protocolVersion"] = "2025-11-25", ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() }, ["serverInfo"] = new JsonObject { ["name"] = "s", ["version"] = "1" },
            },
            "tools/list" => new JsonObject { ["tools"] = new JsonArray(new JsonObject { ["name"] = "look", ["inputSchema"] = new JsonObject { ["type"] = "object" } }) },
            "tools/call" => new JsonObject { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "seen" }) },
            _ => null,
        };
        if (message["id"] is not { } id)
        {
            context.Response.StatusCode = 202;
            return;
        }

        await Json(context, 200, result is null
            ? new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["error"] = new JsonObject { ["code"] = -32601, ["message"] = "no" } }
            : new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["result"] = result });
    }

    private static JsonObject Refused(string error) => new() { ["error"] = error, ["error_description"] = "canary-description" };

    private static Task Json(HttpContext context, int status, JsonNode body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString());
    }
}
