using System.Text.RegularExpressions;

namespace Toolgate.Access;

/// <summary>E-mail addresses as names to sign in with.</summary>
internal static partial class EmailAddress
{
    /// <summary>Scope of the claim that makes addresses unique.</summary>
    public const string Claim = "member-email";

    /// <summary>The address in lower case, without blanks around it; null when it is none.</summary>
    public static string? Normalise(string? text)
        => text?.Trim().ToLowerInvariant() is { Length: <= 254 } address && Shape().IsMatch(address) ? address : null;

    [GeneratedRegex(@"\A[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
