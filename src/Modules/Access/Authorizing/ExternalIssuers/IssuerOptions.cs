using System.ComponentModel.DataAnnotations;

namespace Toolgate.Access;

/// <summary>One of section <c>Toolgate:OAuth:Issuers</c>: somebody else whose access tokens open MCP endpoints.</summary>
internal sealed class IssuerOptions : IValidatableObject
{
    /// <summary>The issuer identifier, exactly as its tokens and its metadata say it: https, or http on loopback.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>
    /// The audience by which it names this deployment as a whole, for issuers that know no resource indicators: its tokens open every MCP endpoint. Null: a token
    /// names the endpoint that it opens, by its public address.
    /// </summary>
    public string? Audience { get; init; }

    /// <summary>Members by the issuer's <c>sub</c>: the member's id, or their e-mail address.</summary>
    public IReadOnlyDictionary<string, string> Members { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether other subjects are members by an address that the issuer has verified.</summary>
    public bool ByEmail { get; init; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(Issuer, UriKind.Absolute, out var url) || url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0
            || (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
        {
            yield return new ValidationResult("Toolgate:OAuth:Issuers: Issuer is an https address without query and fragment.");
        }

        if (Audience is "")
        {
            yield return new ValidationResult("Toolgate:OAuth:Issuers: Audience is not empty.");
        }
    }
}
