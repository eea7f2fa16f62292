using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Buffers.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Toolgate.Acceptance.Tests;

/// <summary>
/// An OpenID Connect provider of our own: honest unless told to lie. It signs everybody in as <see cref="Person"/> without asking, exchanges each code once and only
/// for its verifier, and signs its tokens by hand, so that no library agrees with itself here.
/// </summary>
internal sealed class TestProvider : IAsyncDisposable
{
    public const string ClientId = "toolgate client";
    public const string ClientSecret = "s3cret/with+odd=characters";

    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, JsonObject> codes = new(StringComparer.Ordinal);
    private RSA key = RSA.Create(2048);
    private int keyNumber = 1;

    private TestProvider(WebApplication app) => this.app = app;

    /// <summary>Issuer identifier.</summary>
    public string Issuer { get; private set; } = "";

    /// <summary>Claims of the person who signs in.</summary>
    public JsonObject Person { get; set; } = Named("sub-1", "ada@example.com", "Ada");

    /// <summary>Changes the claims of the next token, after they were set right.</summary>
    public Action<JsonObject> Lie { get; set; } = _ => { };

    /// <summary>The algorithm that its tokens claim: RS256, none, or HS256 with the public key as its secret.</summary>
    public string Algorithm { get; set; } = "RS256";

    /// <summary>Claims that are told at the userinfo endpoint alone.</summary>
    public ISet<string> OnlyAtUserInfo { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Who the userinfo endpoint says that it is, when it lies.</summary>
    public string? OtherSubject { get; set; }

    /// <summary>Issuer that its metadata name, when they lie.</summary>
    public string? OtherIssuer { get; set; }

    /// <summary>What the authorization endpoint was asked last.</summary>
    public IReadOnlyDictionary<string, string> Asked { get; private set; } = new Dictionary<string, string>();

    /// <summary>How often keys were read.</summary>
    public int KeysRead { get; private set; }

    public static JsonObject Named(string subject, string email, string name, params string[] groups) => new()
    {
        ["sub"] = subject, ["email"] = email, ["email_verified"] = true, ["name"] = name, ["groups"] = new JsonArray([.. groups.Select(group => (JsonNode)group)]),
    };

    public static async Task<TestProvider> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var provider = new TestProvider(builder.Build());
        provider.Map();
        await provider.app.StartAsync();
        provider.Issuer = provider.app.Urls.Single();
        return provider;
    }

    /// <summary>Signs with another key from now on, and no longer knows the one before.</summary>
    public void RotateKey() => (key, keyNumber) = (RSA.Create(2048), keyNumber + 1);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        key.Dispose();
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    private void Map()
    {
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new
        {
            issuer = OtherIssuer ?? Issuer,
            authorization_endpoint = Issuer + "/authorize",
            token_endpoint = Issuer + "/token",
            userinfo_endpoint = Issuer + "/userinfo",
            jwks_uri = Issuer + "/keys",
            response_types_supported = new[] { "code" },
            id_token_signing_alg_values_supported = new[] { "RS256" },
            authorization_response_iss_parameter_supported = true,
        }));
        app.MapGet("/keys", () =>
        {
            KeysRead++;
            var parameters = key.ExportParameters(includePrivateParameters: false);
            return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", kid = "key-" + keyNumber, alg = "RS256", n = Encode(parameters.Modulus), e = Encode(parameters.Exponent) } } });
        });
        app.MapGet("/authorize", (HttpContext context) =>
        {
            Asked = context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
            var code = Encode(RandomNumberGenerator.GetBytes(16));
            codes[code] = new JsonObject { ["nonce"] = Asked["nonce"], ["challenge"] = Asked["code_challenge"], ["redirect_uri"] = Asked["redirect_uri"] };
            return Results.Redirect($"{Asked["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(Asked["state"])}&iss={Uri.EscapeDataString(Issuer)}");
        });
        app.MapPost("/token", (Delegate)Token);
        app.MapGet("/userinfo", (HttpContext context) =>
        {
            var claims = Person.DeepClone().AsObject();
            claims["sub"] = OtherSubject ?? (string)Person["sub"]!;
            return context.Request.Headers.Authorization == "Bearer an access token" ? Results.Text(claims.ToJsonString(), "application/json") : Results.StatusCode(401);
        });
    }

    private async Task<IResult> Token(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{System.Net.WebUtility.UrlEncode(ClientId)}:{System.Net.WebUtility.UrlEncode(ClientSecret)}"));
        if (context.Request.Headers.Authorization != basic)
        {
            return Results.Json(new { error = "invalid_client" }, statusCode: 401);
        }

        var challenge = Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (!codes.TryRemove(form["code"].ToString(), out var asked) || (string?)asked["challenge"] != challenge || (string?)asked["redirect_uri"] != form["redirect_uri"])
        {
            return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        }

        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = Person.DeepClone().AsObject();
        foreach (var name in OnlyAtUserInfo)
        {
            claims.Remove(name);
        }

        (claims["iss"], claims["aud"], claims["iat"], claims["exp"], claims["nonce"]) = (Issuer, ClientId, now, now + 300, (string?)asked["nonce"]);
        Lie(claims);
        return Results.Json(new { access_token = "an access token", token_type = "Bearer", id_token = Sign(claims) });
    }

    private string Sign(JsonObject claims)
    {
        var header = JsonSerializer.Serialize(new { alg = Algorithm, typ = "JWT", kid = "key-" + keyNumber });
        var head = Encode(Encoding.UTF8.GetBytes(header)) + "." + Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        var bytes = Encoding.ASCII.GetBytes(head);
        return head + "." + Algorithm switch
        {
            "none" => "",
            "HS256" => Encode(HMACSHA256.HashData(key.ExportSubjectPublicKeyInfo(), bytes)),
            _ => Encode(key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
        };
    }
}
