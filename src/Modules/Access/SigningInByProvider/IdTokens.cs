using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Toolgate.Access;

/// <summary>
/// Validates id tokens (OpenID Connect Core 1.0 section 3.1.3.7): signed by a key of the provider with an asymmetric algorithm, of this issuer, for this client, for
/// this very sign-in, not over.
/// </summary>
internal sealed class IdTokens(Provider provider, IOptions<AccessOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
    private readonly JsonWebTokenHandler handler = new() { MaximumTokenSizeInBytes = 256 * 1024 };
    private readonly OpenIdConnectOptions settings = options.Value.OpenIdConnect;

    /// <summary>The claims of a token.</summary>
    /// <exception cref="ProviderException">It is not what it should be.</exception>
    public async Task<JsonElement> Validate(string token, string nonce, ProviderMetadata metadata, CancellationToken cancellationToken)
    {
        var result = await handler.ValidateTokenAsync(token, Parameters(metadata));
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            // The provider may have changed its keys since they were read.
            result = await handler.ValidateTokenAsync(token, Parameters(await provider.Metadata(except: metadata, cancellationToken)));
        }

        if (!result.IsValid || result.SecurityToken is not JsonWebToken valid)
        {
            throw new ProviderException("bad_id_token", result.Exception);
        }

        var claims = JsonSerializer.Deserialize<JsonElement>(Base64UrlEncoder.DecodeBytes(valid.EncodedPayload));
        if (Claims.Text(claims, "nonce") != nonce)
        {
            throw new ProviderException("other_nonce");
        }

        // Section 3.1.3.7, 4 and 5: a token for several audiences says for whom it was made.
        var azp = Claims.Text(claims, "azp");
        if ((azp is not null && azp != settings.ClientId) || (azp is null && valid.Audiences.Count() > 1))
        {
            throw new ProviderException("other_audience");
        }

        return claims;
    }

    private TokenValidationParameters Parameters(ProviderMetadata metadata) => new()
    {
        ValidIssuer = settings.Issuer,
        ValidAudience = settings.ClientId,
        IssuerSigningKeys = metadata.Keys,
        ValidAlgorithms = Algorithms,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        RequireAudience = true,
        LifetimeValidator = (from, to, _, _) => IsNow(from, to),
    };

    /// <summary>By the clock of this process, which tests may set.</summary>
    private bool IsNow(DateTime? from, DateTime? to)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return to > now - Skew && (from is null || from < now + Skew);
    }
}

/// <summary>Reads claims.</summary>
internal static class Claims
{
    /// <summary>A claim that is text; null for none.</summary>
    public static string? Text(JsonElement claims, string name)
        => claims.ValueKind == JsonValueKind.Object && claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A claim that is true; some providers say it as text.</summary>
    public static bool IsTrue(JsonElement claims, string name)
        => claims.TryGetProperty(name, out var value) && (value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.String && value.ValueEquals("true")));

    /// <summary>A claim that is text, or a list of it.</summary>
    public static IReadOnlyList<string> Texts(JsonElement claims, string name)
        => !claims.TryGetProperty(name, out var value) ? []
            : value.ValueKind == JsonValueKind.String ? [value.GetString()!]
            : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!)]
            : [];
}
