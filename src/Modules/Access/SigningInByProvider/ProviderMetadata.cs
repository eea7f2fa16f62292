using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Toolgate.Access;

/// <summary>What a provider says of itself (OpenID Connect Discovery 1.0), and its keys.</summary>
/// <param name="AuthorizationEndpoint">Where people are sent.</param>
/// <param name="TokenEndpoint">Where codes are exchanged.</param>
/// <param name="UserInfoEndpoint">Where claims can be asked for that a token does not hold; null when there is none.</param>
/// <param name="TakesBasic">Whether the client's secret may go into the <c>Authorization</c> header.</param>
/// <param name="NamesItself">Whether answers of the authorization endpoint carry <c>iss</c> (RFC 9207).</param>
/// <param name="Keys">Its signing keys.</param>
internal sealed record ProviderMetadata(
    string AuthorizationEndpoint, string TokenEndpoint, string? UserInfoEndpoint, bool TakesBasic, bool NamesItself, IReadOnlyList<SecurityKey> Keys)
{
    /// <summary>Reads the two documents.</summary>
    /// <param name="document">The metadata.</param>
    /// <param name="issuer">Whose it must be.</param>
    /// <param name="keys">The set of its keys, JSON (RFC 7517).</param>
    /// <exception cref="ProviderException">They are not what they should be.</exception>
    public static ProviderMetadata Read(JsonElement document, string issuer, string keys)
    {
        // Discovery 1.0 section 4.3: otherwise one provider could speak for another.
        if (Text(document, "issuer") != issuer)
        {
            throw new ProviderException("other_issuer");
        }

        return new ProviderMetadata(
            Address(document, "authorization_endpoint"), Address(document, "token_endpoint"),
            Text(document, "userinfo_endpoint") is null ? null : Address(document, "userinfo_endpoint"),
            !document.TryGetProperty("token_endpoint_auth_methods_supported", out var methods) || Holds(methods, "client_secret_basic"),
            document.TryGetProperty("authorization_response_iss_parameter_supported", out var names) && names.ValueKind == JsonValueKind.True,
            [.. SigningKeys(keys)]);
    }

    /// <summary>The address of the keys.</summary>
    public static string KeysOf(JsonElement document) => Address(document, "jwks_uri");

    private static IList<SecurityKey> SigningKeys(string keys)
    {
        try
        {
            return new JsonWebKeySet(keys).GetSigningKeys();
        }
        catch (ArgumentException e)
        {
            throw new ProviderException("bad_metadata", e);
        }
    }

    private static string Address(JsonElement document, string name)
        => Text(document, name) is { } address && OpenIdConnectOptions.IsSafe(address) ? address : throw new ProviderException("bad_metadata");

    private static string? Text(JsonElement document, string name)
        => document.ValueKind == JsonValueKind.Object && document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Holds(JsonElement values, string value)
        => values.ValueKind == JsonValueKind.Array && values.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals(value));
}

/// <summary>A sign-in by the provider failed, for a reason that is safe to show and to log.</summary>
/// <param name="reason">Stable snake_case code; never holds anything that the provider or the browser sent.</param>
/// <param name="inner">What happened, for its type alone.</param>
internal sealed class ProviderException(string reason, Exception? inner = null) : Exception(reason, inner)
{
    /// <summary>The code.</summary>
    public string Reason => Message;
}
