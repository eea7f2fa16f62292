using System.Globalization;

namespace Toolgate.Connections;

/// <summary>The tokens of one connection, and where others are had. Lives in memory and in the vault only; never logged.</summary>
/// <param name="AccessToken">The access token.</param>
/// <param name="RenewAt">When another one is asked for; null when nobody knows when it ends.</param>
/// <param name="EndsAt">When it ends; null when that was not said.</param>
/// <param name="RefreshToken">What another one is asked for with; null when there is none.</param>
/// <param name="Scope">The scopes that were granted, with blanks between them.</param>
/// <param name="Endpoint">Where another one is asked for: fixed when the person consented, and never looked up again.</param>
/// <param name="Revocation">Where tokens are given back; null when they cannot be.</param>
/// <param name="Client">The client, for <see cref="UpstreamClients.ProofOf"/>.</param>
/// <param name="Resource">The resource indicator; null for none.</param>
internal sealed record Grant(
    string AccessToken, DateTimeOffset? RenewAt, DateTimeOffset? EndsAt, string? RefreshToken, string Scope, Uri Endpoint, Uri? Revocation, string Client, string? Resource)
{
    /// <summary>Names of the sealed values that are tokens, for people.</summary>
    public const string Access = "accessToken";

    /// <summary>As above.</summary>
    public const string Refresh = "refreshToken";

    private const string Renewal = "renewAt";
    private const string End = "endsAt";

    /// <summary>The tokens that are there.</summary>
    public IReadOnlyList<string> Variables => RefreshToken is null ? [Access] : [Access, Refresh];

    /// <summary>Whether the token must not be used any more.</summary>
    public bool IsOver(DateTimeOffset now) => EndsAt <= now;

    /// <summary>Keeps the tokens out of anything that prints them.</summary>
    public override string ToString() => nameof(Grant);

    /// <summary>The first tokens of a connection.</summary>
    public static Grant Of(PendingAuthorization pending, TokenSet tokens) => new(
        tokens.Access.Value, tokens.EndsAt is null ? null : tokens.Access.Until, tokens.EndsAt, tokens.Refresh, tokens.Scope ?? string.Join(' ', pending.Scopes),
        pending.RefreshEndpoint, pending.RevocationEndpoint, pending.Client, pending.Resource);

    /// <summary>The next ones: a refresh token that was not replaced stays (RFC 6749 section 6).</summary>
    public Grant Next(TokenSet tokens) => this with
    {
        AccessToken = tokens.Access.Value,
        RenewAt = tokens.EndsAt is null ? null : tokens.Access.Until,
        EndsAt = tokens.EndsAt,
        RefreshToken = tokens.Refresh ?? RefreshToken,
        Scope = tokens.Scope ?? Scope,
    };

    /// <summary>The values to seal.</summary>
    public IReadOnlyDictionary<string, string> ToValues()
    {
        var values = new Dictionary<string, string>
        {
            [Access] = AccessToken,
            ["scope"] = Scope,
            ["endpoint"] = Endpoint.OriginalString,
            ["client"] = Client,
        };
        Add(Refresh, RefreshToken);
        Add(Renewal, RenewAt?.ToString("O", CultureInfo.InvariantCulture));
        Add(End, EndsAt?.ToString("O", CultureInfo.InvariantCulture));
        Add("revocation", Revocation?.OriginalString);
        Add("resource", Resource);
        return values;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                values.Add(name, value);
            }
        }
    }

    /// <summary>What was sealed; null when it is something else.</summary>
    public static Grant? Of(IReadOnlyDictionary<string, string> values)
        => values.TryGetValue(Access, out var token) && values.TryGetValue("endpoint", out var endpoint) && values.TryGetValue("client", out var client)
            ? new Grant(
                token, Time(values, Renewal), Time(values, End), values.GetValueOrDefault(Refresh), values.GetValueOrDefault("scope", ""), new Uri(endpoint),
                values.GetValueOrDefault("revocation") is { } revocation ? new Uri(revocation) : null, client, values.GetValueOrDefault("resource"))
            : null;

    private static DateTimeOffset? Time(IReadOnlyDictionary<string, string> values, string name)
        => values.TryGetValue(name, out var text) ? DateTimeOffset.ParseExact(text, "O", CultureInfo.InvariantCulture) : null;
}
