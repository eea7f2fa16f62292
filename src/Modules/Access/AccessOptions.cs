using System.ComponentModel.DataAnnotations;

namespace Toolgate.Access;

/// <summary>Configuration of access, section <c>Toolgate</c>.</summary>
internal sealed class AccessOptions : IValidatableObject
{
    /// <summary>Value of the owner's key on an empty database, 32 to 512 characters; null to generate one and print it once.</summary>
    [StringLength(512, MinimumLength = 32)]
    public string? BootstrapKey { get; init; }

    /// <summary>The first person, made with the workspace on an empty database; else a link to set one up is printed.</summary>
    public OwnerOptions Owner { get; init; } = new();

    /// <summary>How people sign in.</summary>
    public SignInOptions SignIn { get; init; } = new();

    /// <summary>The provider where people sign in, when there is one.</summary>
    public OpenIdConnectOptions OpenIdConnect { get; init; } = new();

    /// <summary>What callers without a credential may reach.</summary>
    public AnonymousOptions Anonymous { get; init; } = new();

    /// <summary>Address by which clients reach this deployment; null for the one that each request was sent to.</summary>
    public string? PublicUrl { get; init; }

    /// <summary>How MCP clients are let in.</summary>
    public OAuthOptions OAuth { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        List<ValidationResult> own = [];
        if (!SignIn.Passwords && !OpenIdConnect.IsOn)
        {
            own.Add(new ValidationResult("Toolgate:SignIn:Passwords can be turned off only with Toolgate:OpenIdConnect: nobody could sign in."));
        }

        if (string.IsNullOrEmpty(PublicUrl) && OAuth.Issuers.Any(issuer => issuer.Audience is null))
        {
            own.Add(new ValidationResult("Toolgate:OAuth:Issuers: tokens name endpoints by their public address. Set Toolgate:PublicUrl, or an Audience for each issuer."));
        }

        return [.. Owner.Validate(validationContext), .. SignIn.Validate(validationContext), .. OpenIdConnect.Validate(validationContext), .. OAuth.Validate(validationContext), .. own];
    }
}

/// <summary>Section <c>Toolgate:SignIn</c>.</summary>
internal sealed class SignInOptions : IValidatableObject
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(400);

    /// <summary>How long a sign-in lasts, 5 minutes to 400 days.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(14);

    /// <summary>A sign-in that nobody used for so long ends, 5 minutes or more; zero: only its lifetime counts.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromDays(3);

    /// <summary>Whether people sign in by password; else by the provider alone, and links that lead to a password lead nowhere.</summary>
    public bool Passwords { get; init; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Lifetime < Shortest || Lifetime > Longest)
        {
            yield return new ValidationResult("Toolgate:SignIn:Lifetime is 5 minutes to 400 days.");
        }

        if (IdleTimeout != TimeSpan.Zero && IdleTimeout < Shortest)
        {
            yield return new ValidationResult("Toolgate:SignIn:IdleTimeout is 5 minutes or more, or zero for none.");
        }
    }
}

/// <summary>Section <c>Toolgate:OAuth</c>.</summary>
internal sealed class OAuthOptions : IValidatableObject
{
    /// <summary>How long an access token lives, 1 minute to 1 day.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a refresh token lives unless it is used, 1 hour to 1 year.</summary>
    public TimeSpan RefreshTokenLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How many clients of one network address may register themselves in an hour, 1 to 10,000.</summary>
    public int RegistrationsPerHour { get; init; } = 60;

    /// <summary>Whether clients are let in whose id is the https address of a document about them.</summary>
    public bool ClientDocuments { get; init; } = true;

    /// <summary>Hosts that may publish such documents, as in their addresses and without a port; empty for any.</summary>
    public IReadOnlyList<string> ClientDocumentHosts { get; init; } = [];

    /// <summary>Others whose access tokens open MCP endpoints.</summary>
    public IReadOnlyList<IssuerOptions> Issuers { get; init; } = [];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AccessTokenLifetime < TimeSpan.FromMinutes(1) || AccessTokenLifetime > TimeSpan.FromDays(1))
        {
            yield return new ValidationResult("Toolgate:OAuth:AccessTokenLifetime is 00:01:00 to 1.00:00:00.");
        }

        if (RefreshTokenLifetime < TimeSpan.FromHours(1) || RefreshTokenLifetime > TimeSpan.FromDays(366))
        {
            yield return new ValidationResult("Toolgate:OAuth:RefreshTokenLifetime is 01:00:00 to 366.00:00:00.");
        }

        if (RegistrationsPerHour is < 1 or > 10_000)
        {
            yield return new ValidationResult("Toolgate:OAuth:RegistrationsPerHour is 1 to 10000.");
        }

        foreach (var fault in Issuers.SelectMany(issuer => issuer.Validate(validationContext)))
        {
            yield return fault;
        }

        if (Issuers.Select(issuer => issuer.Issuer).Distinct(StringComparer.Ordinal).Count() < Issuers.Count)
        {
            yield return new ValidationResult("Toolgate:OAuth:Issuers names an issuer twice.");
        }
    }
}

/// <summary>Section <c>Toolgate:Anonymous</c>.</summary>
internal sealed class AnonymousOptions
{
    /// <summary>Slugs of shared toolkits that are served without a credential, to loopback addresses only. Empty: none.</summary>
    public IReadOnlyList<string> Toolkits { get; init; } = [];
}

/// <summary>Section <c>Toolgate:Owner</c>.</summary>
internal sealed class OwnerOptions : IValidatableObject
{
    /// <summary>Address with which the owner signs in.</summary>
    public string? Email { get; init; }

    /// <summary>The owner's first password, 12 to 256 characters.</summary>
    public string? Password { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Email is not null && EmailAddress.Normalise(Email) is null)
        {
            yield return new ValidationResult("Toolgate:Owner:Email is no e-mail address.");
        }

        if ((Email is null) != (Password is null))
        {
            yield return new ValidationResult("Toolgate:Owner:Email and Toolgate:Owner:Password are given together.");
        }

        if (Password is not null && Passwords.Fault(Password, Email) is { } fault)
        {
            yield return new ValidationResult("Toolgate:Owner:Password: " + fault);
        }
    }
}
