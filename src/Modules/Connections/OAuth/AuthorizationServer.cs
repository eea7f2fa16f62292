using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>What is known of an authorization server (RFC 8414 section 2).</summary>
/// <param name="Issuer">Its issuer; where nothing states one, the origin of its token endpoint. Clients are bound to it.</param>
/// <param name="AuthorizationEndpoint">Where people consent.</param>
/// <param name="TokenEndpoint">Where tokens are issued and renewed.</param>
internal sealed record AuthorizationServer(string Issuer, Uri AuthorizationEndpoint, Uri TokenEndpoint)
{
    /// <summary>Where tokens are renewed.</summary>
    public Uri RefreshEndpoint { get => field ?? TokenEndpoint; init; }

    /// <summary>Where clients register by themselves (RFC 7591); null when they cannot.</summary>
    public Uri? RegistrationEndpoint { get; init; }

    /// <summary>Where tokens are given back (RFC 7009); null when they cannot be.</summary>
    public Uri? RevocationEndpoint { get; init; }

    /// <summary>How clients may prove themselves at the token endpoint; empty when it does not say.</summary>
    public ImmutableArray<string> AuthMethods { get; init; } = [];

    /// <summary>Scopes that it knows; empty when it does not say.</summary>
    public ImmutableArray<string> Scopes { get; init; } = [];

    /// <summary>Whether it reads documents about clients by URL (draft-ietf-oauth-client-id-metadata-document).</summary>
    public bool ReadsClientDocuments { get; init; }

    /// <summary>Whether its authorization responses name it (RFC 9207).</summary>
    public bool NamesItself { get; init; }

    /// <summary>Whether the issuer was stated, and is no makeshift.</summary>
    public bool IsStated { get; init; }
}

/// <summary>What an authorization of one integration is made with.</summary>
/// <param name="Server">The authorization server.</param>
/// <param name="Resource">The resource indicator (RFC 8707); null when none is sent.</param>
/// <param name="Scopes">The scopes that are asked for when nobody chooses others.</param>
internal sealed record AuthorizationTarget(AuthorizationServer Server, string? Resource, ImmutableArray<string> Scopes);
