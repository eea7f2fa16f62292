using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

/// <summary>A client of the authorization server by hand: for requests that no decent client makes.</summary>
internal sealed class ByHand(World world)
{
    public const string Redirect = "http://127.0.0.1:5000/callback";

    public string Verifier { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public string Origin => world.Server.BaseAddress.GetLeftPart(UriPartial.Authority);

    public string ClientId { get; private set; } = "";

    /// <summary>Registers a public client.</summary>
    public async Task<ByHand> Register(string redirect = Redirect, params string[] grants)
    {
        var answer = await Register(new
        {
            redirect_uris = new[] { redirect },
            token_endpoint_auth_method = "none",
            client_name = "By hand",
            grant_types = grants.Length == 0 ? ["authorization_code", "refresh_token"] : grants,
        });
        answer.Status.ShouldBe(201, answer.Text);
        ClientId = answer.Json.GetProperty("client_id").GetString()!;
        return this;
    }

    public Task<Reply> Register(object body) => Post("/register", new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"));

    /// <summary>The link that a person follows; a change of null takes a parameter away.</summary>
    public string Link(string? path, params (string Name, string? Value)[] changes)
    {
        var parameters = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["response_type"] = "code",
            ["client_id"] = ClientId,
            ["redirect_uri"] = Redirect,
            ["scope"] = "mcp",
            ["state"] = "opaque state",
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
            ["code_challenge_method"] = "S256",
            ["resource"] = path is null ? null : Origin + path,
        };
        foreach (var (name, value) in changes)
        {
            parameters[name] = value;
        }

        return Origin + "/authorize?" + string.Join('&', parameters.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value!)}"));
    }

    public Task<Reply> Redeem(string? code, params (string Name, string? Value)[] changes)
        => Token([("grant_type", "authorization_code"), ("client_id", ClientId), ("code", code), ("redirect_uri", Redirect), ("code_verifier", Verifier), .. changes]);

    public Task<Reply> Refresh(string token, params (string Name, string? Value)[] changes)
        => Token([("grant_type", "refresh_token"), ("client_id", ClientId), ("refresh_token", token), .. changes]);

    public Task<Reply> Revoke(string token) => Post("/revoke", Form([("token", token), ("client_id", ClientId)]));

    /// <summary>The whole way: the person allows, the code is redeemed.</summary>
    public async Task<Tokens> LetIn(Person person, string? path, string toolkit = "", params (string Name, string? Value)[] changes)
    {
        var told = await person.Answer(Link(path, changes), toolkit: toolkit);
        var reply = await Redeem(told.Code);
        reply.Status.ShouldBe(200, reply.Text);
        return Tokens.Of(reply);
    }

    /// <summary>Later values replace earlier ones of the same name; null takes one away.</summary>
    public Task<Reply> Token(params (string Name, string? Value)[] fields) => Post("/token", Form(fields));

    public async Task<Reply> Post(string path, HttpContent content, string? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var response = await world.Http.SendAsync(request);
        return new Reply(
            (int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }

    public static FormUrlEncodedContent Form(IEnumerable<(string Name, string? Value)> fields)
        => new(fields.GroupBy(field => field.Name).Select(group => group.Last()).Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Name, field.Value!)));
}

/// <summary>An answer of the authorization server.</summary>
internal sealed record Reply(int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Error => Json.TryGetProperty("error", out var error) ? error.GetString() : null;

    /// <summary>The answer is this error, and nobody keeps it.</summary>
    public void ShouldBeError(string error, int status = 400)
    {
        (Status, Error).ShouldBe((status, error), Text);
        Headers["Cache-Control"].ShouldBe("no-store");
    }
}

/// <summary>What a client got.</summary>
internal sealed record Tokens(string Access, string? Refresh, string Scope)
{
    public static Tokens Of(Reply reply) => new(
        reply.Json.GetProperty("access_token").GetString()!, reply.Json.TryGetProperty("refresh_token", out var refresh) ? refresh.GetString() : null,
        reply.Json.GetProperty("scope").GetString()!);
}
