using System.Collections.Immutable;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>What names a connection.</summary>
internal readonly record struct ConnectionKey(Owner Owner, string Integration, string Name) : IComparable<ConnectionKey>
{
    /// <summary>Its stream.</summary>
    public string Stream => $"connection-{Owner}-{Integration}-{Name}";

    /// <summary><c>github.org.main</c>.</summary>
    public string Address => $"{Integration}.{Owner.Word}.{Name}";

    /// <summary>Orders by integration, owner and name, bytewise.</summary>
    public string SortKey => $"{Integration} {Owner} {Name}";

    public int CompareTo(ConnectionKey other)
    {
        var order = string.CompareOrdinal(Integration, other.Integration);
        order = order != 0 ? order : string.CompareOrdinal(Owner.Subject, other.Owner.Subject);
        return order != 0 ? order : string.CompareOrdinal(Name, other.Name);
    }
}

/// <summary>A connection as its stream tells it. Holds no value.</summary>
/// <param name="Key">What names it.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Template">Slug of its auth template.</param>
/// <param name="SecretId">Where its sealed values are; null when the template asks for none.</param>
/// <param name="Variables">Names of its values.</param>
internal sealed record Connection(ConnectionKey Key, string Description, string Template, string? SecretId, ImmutableArray<string> Variables)
{
    /// <summary>Where those of its values are kept that are not sealed here.</summary>
    public ImmutableArray<SecretReference> References { get; init; } = [];

    /// <summary>Digest of its own catalog, for sources that show each connection one; null where the integration's holds.</summary>
    public string? CatalogDigest { get; init; }

    /// <summary>Tools of its own catalog; 0 where the integration's holds.</summary>
    public int ToolCount { get; init; }

    /// <summary>What a person authorized it with; null when its credentials were pasted.</summary>
    public ConnectionGrant? Grant { get; init; }

    /// <summary>How it is folded; null before its creation and after its removal.</summary>
    public static Fold<Connection?> Fold { get; } = new(null, Evolve);

    /// <summary>One step.</summary>
    public static Connection? Evolve(Connection? state, object e) => e switch
    {
        ConnectionCreated created => new Connection(
            new ConnectionKey(new Owner(created.OwnerSubject), created.Integration, created.Name),
            created.Description,
            created.Template,
            created.SecretId,
            created.Variables) { References = created.References },
        ConnectionCredentialsReplaced replaced when state is not null
            => state with { Template = replaced.Template, SecretId = replaced.SecretId, Variables = replaced.Variables, References = replaced.References, Grant = null },
        ConnectionAuthorized authorized when state is not null && state.SecretId == authorized.SecretId
            => state with { Grant = new ConnectionGrant(authorized.Issuer, authorized.Client, authorized.Resource, authorized.Scopes, IsEnded: false) },
        ConnectionReauthorizationRequired ended when state is { Grant: { } grant } && state.SecretId == ended.SecretId => state with { Grant = grant with { IsEnded = true } },
        ConnectionCatalogRefreshed refreshed when state is not null => state with { CatalogDigest = refreshed.CatalogDigest, ToolCount = refreshed.ToolCount },
        ConnectionToolChangesAccepted accepted when state is not null => state with { CatalogDigest = accepted.CatalogDigest },
        ConnectionDescribed described when state is not null => state with { Description = described.Description },
        ConnectionRemoved => null,
        _ => state,
    };
}

/// <summary>What a person authorized a connection with. Holds no token.</summary>
/// <param name="Issuer">The authorization server.</param>
/// <param name="Client">The client that was used.</param>
/// <param name="Resource">The resource indicator; null for none.</param>
/// <param name="Scopes">The scopes that were granted.</param>
/// <param name="IsEnded">Whether it must be authorized again.</param>
internal sealed record ConnectionGrant(string Issuer, string Client, string? Resource, ImmutableArray<string> Scopes, bool IsEnded);
