using System.Text.Json;

namespace Toolgate.Access;

/// <summary>Who somebody is at the provider: stable there for ever, while addresses and names change hands.</summary>
/// <param name="Issuer">The provider.</param>
/// <param name="Subject">Its name for the person.</param>
internal sealed record MemberIdentity(string Issuer, string Subject);

/// <summary>A person whom the provider sent and the operator lets in.</summary>
/// <param name="Identity">Who it is there.</param>
/// <param name="Email">Verified address, normalised.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Role">What the groups give; null where roles are given in Toolgate.</param>
internal sealed record ProvidedPerson(MemberIdentity Identity, string Email, string Name, Role? Role)
{
    private const int LongestSubject = 255;
    private const int LongestName = 100;

    /// <summary>The person of valid claims.</summary>
    /// <exception cref="ProviderException">The operator does not let such a person in.</exception>
    public static ProvidedPerson Of(JsonElement claims, OpenIdConnectOptions options)
    {
        // OpenID Connect Core 1.0 section 2: at most 255 ASCII characters, compared case by case.
        if (Claims.Text(claims, "sub") is not { Length: > 0 and <= LongestSubject } subject || subject.Any(character => character is < ' ' or > '~'))
        {
            throw new ProviderException("no_subject");
        }

        if (EmailAddress.Normalise(Claims.Text(claims, "email")) is not { } email)
        {
            throw new ProviderException("no_email");
        }

        if (!options.TrustEmail && !Claims.IsTrue(claims, "email_verified"))
        {
            throw new ProviderException("email_not_verified");
        }

        var domain = email[(email.LastIndexOf('@') + 1)..];
        if (options.AllowedDomains.Count > 0
            && !options.AllowedDomains.Any(allowed => allowed == OpenIdConnectOptions.Everybody || string.Equals(allowed, domain, StringComparison.OrdinalIgnoreCase)))
        {
            throw new ProviderException("domain_not_allowed");
        }

        return new ProvidedPerson(new MemberIdentity(options.Issuer!, subject), email, NameOf(claims, email), RoleOf(claims, options));
    }

    private static Role? RoleOf(JsonElement claims, OpenIdConnectOptions options)
    {
        if (options.Roles.Count == 0)
        {
            return null;
        }

        var roles = Claims.Texts(claims, options.GroupClaim).Where(group => group != OpenIdConnectOptions.Everybody).Append(OpenIdConnectOptions.Everybody)
            .Where(options.Roles.ContainsKey).Select(group => options.Roles[group]).ToList();
        return roles.Count > 0 ? roles.Max() : throw new ProviderException("no_group");
    }

    private static string NameOf(JsonElement claims, string email)
    {
        var name = Claims.Text(claims, "name")?.Trim() is { Length: > 0 } given ? given : email[..email.LastIndexOf('@')];
        name = new string([.. name.Where(character => !char.IsControl(character)).Take(LongestName)]);
        return name.Length > 0 ? name : email;
    }
}
