using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>A connection was made. Stream <c>connection-{owner}-{integration}-{name}</c>.</summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="OwnerSubject">The account that it belongs to; null for the workspace.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Its normalised name.</param>
/// <param name="Description">What it is for; may be empty.</param>
/// <param name="Template">Slug of the auth template.</param>
/// <param name="SecretId">Row of <c>toolgate.secrets</c> that holds its sealed values; null when the template asks for none.</param>
/// <param name="Variables">Names of the values, never the values.</param>
public sealed record ConnectionCreated(
    string Owner, string? OwnerSubject, string Integration, string Name, string Description, string Template, string? SecretId, ImmutableArray<string> Variables)
{
    /// <summary>Where the values are kept that are not sealed here, by variable.</summary>
    public ImmutableArray<SecretReference> References { get; init; } = [];
}

/// <summary>A connection got other credentials; the earlier ones were destroyed. Stream <c>connection-{owner}-{integration}-{name}</c>.</summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="OwnerSubject">The account that it belongs to; null for the workspace.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Its name.</param>
/// <param name="Template">Slug of the auth template, which may be another one than before.</param>
/// <param name="SecretId">Row of <c>toolgate.secrets</c>; null when the template asks for none.</param>
/// <param name="Variables">Names of the values.</param>
public sealed record ConnectionCredentialsReplaced(
    string Owner, string? OwnerSubject, string Integration, string Name, string Template, string? SecretId, ImmutableArray<string> Variables)
{
    /// <summary>Where the values are kept that are not sealed here, by variable.</summary>
    public ImmutableArray<SecretReference> References { get; init; } = [];
}

/// <summary>
/// The catalog of a connection was read, for sources that show each connection its own. Stream <c>connection-{owner}-{integration}-{name}</c>.
/// </summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="OwnerSubject">The account that it belongs to; null for the workspace.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Its name.</param>
/// <param name="CatalogDigest">SHA-256 of the encoded catalog, diagnostics included, kept in <c>toolgate.blobs</c>.</param>
/// <param name="ToolCount">Tools of the catalog.</param>
/// <param name="Changes">What it did to the tools.</param>
public sealed record ConnectionCatalogRefreshed(
    string Owner, string? OwnerSubject, string Integration, string Name, string CatalogDigest, int ToolCount, CatalogChanges Changes);

/// <summary>
/// The current definitions of tools of a connection's own catalog that had changed were accepted. Stream
/// <c>connection-{owner}-{integration}-{name}</c>.
/// </summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="OwnerSubject">The account that it belongs to; null for the workspace.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Its name.</param>
/// <param name="CatalogDigest">SHA-256 of the encoded catalog, which no longer holds the earlier definitions.</param>
/// <param name="Accepted">The tools, each with the digest that was accepted; that of the last definition when the tool is gone.</param>
public sealed record ConnectionToolChangesAccepted(
    string Owner, string? OwnerSubject, string Integration, string Name, string CatalogDigest, ImmutableArray<ToolVersion> Accepted);

/// <summary>A connection was described otherwise. Stream <c>connection-{owner}-{integration}-{name}</c>.</summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="OwnerSubject">The account that it belongs to; null for the workspace.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
public sealed record ConnectionDescribed(string Owner, string? OwnerSubject, string Integration, string Name, string Description);

/// <summary>A connection was removed and its secret destroyed. Stream <c>connection-{owner}-{integration}-{name}</c>.</summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="OwnerSubject">The account that it belonged to; null for the workspace.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Its name.</param>
public sealed record ConnectionRemoved(string Owner, string? OwnerSubject, string Integration, string Name);
