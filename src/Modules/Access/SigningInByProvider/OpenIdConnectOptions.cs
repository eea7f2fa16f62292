using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Toolgate.Access;

/// <summary>Section <c>Toolgate:OpenIdConnect</c>: the provider where people sign in. Nothing is asked of it before somebody does.</summary>
internal sealed class OpenIdConnectOptions : IValidatableObject
{
    /// <summary>The key of <see cref="Roles"/> that means everybody.</summary>
    public const string Everybody = "*";

    /// <summary>The provider's issuer identifier, exactly as its metadata says it; null: nobody signs in by a provider.</summary>
    public string? Issuer { get; init; }

    /// <summary>What the provider knows Toolgate as.</summary>
    public string? ClientId { get; init; }

    /// <summary>The secret of the client; null for a public client, which PKCE alone protects.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>What the provider is called on the sign-in page.</summary>
    public string Name { get; init; } = "single sign-on";

    /// <summary>Domains of the addresses that may come in; <c>*</c> for every one that the provider vouches for.</summary>
    public IReadOnlyList<string> AllowedDomains { get; init; } = [];

    /// <summary>Claim that holds the groups of a person.</summary>
    public string GroupClaim { get; init; } = "groups";

    /// <summary>
    /// The role of each group, <c>*</c> for everybody; of several the highest counts, at each sign-in anew. Empty: everybody joins as a member, and roles are given in
    /// Toolgate.
    /// </summary>
    public Dictionary<string, Role> Roles { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Scopes that are asked for besides <c>openid email profile</c>.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Whether somebody whose verified address is that of a member is that member.</summary>
    public bool LinkByEmail { get; init; }

    /// <summary>Whether every address that the provider names is verified, although it does not say so (<c>email_verified</c>).</summary>
    public bool TrustEmail { get; init; }

    /// <summary>Whether there is a provider.</summary>
    public bool IsOn => Issuer is not null;

    /// <summary>Whether an address of the provider may be used: https, or http on this machine.</summary>
    public static bool IsSafe(string? address)
        => Uri.TryCreate(address, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && url.Fragment.Length == 0
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && IPAddress.TryParse(url.IdnHost, out var ip) && IPAddress.IsLoopback(ip)));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsOn)
        {
            yield break;
        }

        if (!IsSafe(Issuer))
        {
            yield return new ValidationResult("Toolgate:OpenIdConnect:Issuer is an https URL, or an http URL of a loopback address.");
        }

        if (string.IsNullOrWhiteSpace(ClientId))
        {
            yield return new ValidationResult("Toolgate:OpenIdConnect:ClientId is required with an Issuer.");
        }

        if (AllowedDomains.Count == 0 && Roles.Count == 0)
        {
            yield return new ValidationResult(
                "Toolgate:OpenIdConnect says nobody who may come in: name AllowedDomains (\"*\" for everybody whom the provider knows) or Roles of groups.");
        }

        if (Scopes.Any(scope => scope.Length == 0 || scope.Any(character => character is <= ' ' or > '~' or '"' or '\\')))
        {
            yield return new ValidationResult("Toolgate:OpenIdConnect:Scopes holds something that is no scope.");
        }
    }
}
