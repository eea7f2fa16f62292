using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Toolgate.Access;

/// <summary>An issuer and its keys of now. Judges tokens from memory; somebody else brings the keys.</summary>
internal sealed class ExternalIssuer(IssuerOptions options, TimeProvider time)
{
    /// <summary>Longest token that is looked at, in characters.</summary>
    public const int MaxToken = 16 * 1024;

    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>Asymmetric ones alone: the keys of an issuer are public.</summary>
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = MaxToken };

    private volatile Keys? keys;

    public IssuerOptions Options => options;

    /// <summary>Another object whenever the keys have changed; null before there are any.</summary>
    public object? Revision => keys;

    /// <summary>Takes the keys of a JSON Web Key Set (RFC 7517); false when it holds none to verify with.</summary>
    public bool Take(string json)
    {
        if (keys is { } known && known.Json == json)
        {
            return true;
        }

        try
        {
            // A symmetric key in a public document is known to everybody.
            IReadOnlyList<SecurityKey> found = [.. new JsonWebKeySet(json).GetSigningKeys().Where(key => key is not SymmetricSecurityKey)];
            if (found.Count == 0)
            {
                return false;
            }

            keys = new Keys(json, found.Select(key => key.KeyId).ToImmutableHashSet(StringComparer.Ordinal), Parameters(found));
            return true;
        }
        catch (Exception e) when (e is ArgumentException or JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The claims of a token that is signed by a key of this issuer, names it, and is not over; null otherwise.</summary>
    /// <param name="token">The token, read and not believed.</param>
    /// <param name="isUnknownKey">Whether it names a key that is not known (yet).</param>
    public JsonElement? Judge(JsonWebToken token, out bool isUnknownKey)
    {
        var now = keys;
        isUnknownKey = now is null || (token.Kid is { Length: > 0 } kid && !now.Ids.Contains(kid));

        // RFC 7515 section 4.1.11: what must be understood and is not makes a token invalid. RFC 9068 section 2.1 names the type; some issuers call it by its old name.
        if (now is null || isUnknownKey || token.TryGetHeaderValue<object>("crit", out _) || !(string.IsNullOrEmpty(token.Typ) || IsType(token.Typ)))
        {
            return null;
        }

        // Nothing in these parameters needs to wait: the keys are there.
        var judged = Handler.ValidateTokenAsync(token, now.Parameters);
        return judged is { IsCompletedSuccessfully: true, Result: { IsValid: true, SecurityToken: JsonWebToken valid } }
            ? JsonSerializer.Deserialize<JsonElement>(Base64UrlEncoder.DecodeBytes(valid.EncodedPayload))
            : null;
    }

    private static bool IsType(string type) => type.Equals("at+jwt", StringComparison.OrdinalIgnoreCase)
        || type.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase) || type.Equals("JWT", StringComparison.OrdinalIgnoreCase);

    private TokenValidationParameters Parameters(IReadOnlyList<SecurityKey> signing) => new()
    {
        ValidIssuer = options.Issuer,
        IssuerSigningKeys = signing,
        ValidAlgorithms = Algorithms,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        RequireAudience = true,

        // Which endpoint it opens is judged by whoever knows the endpoints.
        AudienceValidator = (audiences, _, _) => audiences.Any(audience => audience.Length > 0),
        LifetimeValidator = (from, to, _, _) => IsNow(from, to),
    };

    /// <summary>By the clock of this process, which tests may set.</summary>
    private bool IsNow(DateTime? from, DateTime? to)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return to > now && (from is null || from < now + Skew);
    }

    private sealed record Keys(string Json, ImmutableHashSet<string> Ids, TokenValidationParameters Parameters);
}
