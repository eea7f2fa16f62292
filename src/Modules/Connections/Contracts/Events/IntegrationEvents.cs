using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>An OpenAPI document became an integration. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Description">What it is; may be empty.</param>
/// <param name="SourceUrl">Where the document was fetched; null when it was sent inline.</param>
/// <param name="SourceDigest">SHA-256 of the document, kept in <c>toolgate.blobs</c>.</param>
/// <param name="CatalogDigest">SHA-256 of the encoded catalog, diagnostics included, kept in <c>toolgate.blobs</c>.</param>
/// <param name="BaseUrl">Replaces the servers of the document; null when they hold.</param>
/// <param name="SourceTemplates">Ways to authenticate that the document declares.</param>
/// <param name="AddedTemplates">Ways to authenticate that were added by hand; one with the same slug replaces the document's.</param>
/// <param name="ToolCount">Tools of the catalog.</param>
public sealed record OpenApiIntegrationImported(
    string Slug,
    string Name,
    string Description,
    string? SourceUrl,
    string SourceDigest,
    string CatalogDigest,
    string? BaseUrl,
    ImmutableArray<AuthTemplate> SourceTemplates,
    ImmutableArray<AuthTemplate> AddedTemplates,
    int ToolCount);

/// <summary>A GraphQL endpoint became an integration. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Description">What it is; may be empty.</param>
/// <param name="Endpoint">Where operations are posted.</param>
/// <param name="IsInline">Whether the schema was sent with the request and holds for every connection; else each connection asks the endpoint.</param>
/// <param name="SourceDigest">SHA-256 of the schema, kept in <c>toolgate.blobs</c>.</param>
/// <param name="CatalogDigest">SHA-256 of the encoded catalog, diagnostics included, kept in <c>toolgate.blobs</c>.</param>
/// <param name="AddedTemplates">Ways to authenticate; a schema declares none.</param>
/// <param name="ToolCount">Tools of the catalog.</param>
public sealed record GraphQlIntegrationImported(
    string Slug,
    string Name,
    string Description,
    string Endpoint,
    bool IsInline,
    string SourceDigest,
    string CatalogDigest,
    ImmutableArray<AuthTemplate> AddedTemplates,
    int ToolCount);

/// <summary>An MCP server became an integration; what it offers is read by each connection. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Description">What it is; may be empty.</param>
/// <param name="Transport"><c>http</c>, <c>sse</c> or <c>stdio</c>.</param>
/// <param name="Url">Where it is; null for stdio.</param>
/// <param name="Command">What starts it; null for the others.</param>
/// <param name="Arguments">Arguments of the command.</param>
/// <param name="SourceDigest">SHA-256 of the registration, kept in <c>toolgate.blobs</c>.</param>
/// <param name="CatalogDigest">SHA-256 of an empty catalog, kept in <c>toolgate.blobs</c>.</param>
/// <param name="AddedTemplates">Ways to authenticate.</param>
public sealed record ServerIntegrationRegistered(
    string Slug,
    string Name,
    string Description,
    string Transport,
    string? Url,
    string? Command,
    ImmutableArray<string> Arguments,
    string SourceDigest,
    string CatalogDigest,
    ImmutableArray<AuthTemplate> AddedTemplates);

/// <summary>The source of an integration was read anew. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="SourceUrl">Where the document was fetched; null when it was sent inline.</param>
/// <param name="SourceDigest">SHA-256 of the document.</param>
/// <param name="CatalogDigest">SHA-256 of the encoded catalog, diagnostics included.</param>
/// <param name="BaseUrl">The base URL in force; null when the document's servers hold.</param>
/// <param name="SourceTemplates">Ways to authenticate that the document declares.</param>
/// <param name="ToolCount">Tools of the catalog.</param>
/// <param name="Changes">What it did to the tools.</param>
public sealed record IntegrationSourceReplaced(
    string Slug,
    string? SourceUrl,
    string SourceDigest,
    string CatalogDigest,
    string? BaseUrl,
    ImmutableArray<AuthTemplate> SourceTemplates,
    int ToolCount,
    CatalogChanges Changes);

/// <summary>An integration was described or configured otherwise. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Description">What it is.</param>
/// <param name="AddedTemplates">Ways to authenticate that were added by hand.</param>
/// <param name="BlockOnChange">Whether tools whose definition changes after they were granted are blocked.</param>
public sealed record IntegrationDescribed(string Slug, string Name, string Description, ImmutableArray<AuthTemplate> AddedTemplates, bool BlockOnChange);

/// <summary>The current definitions of tools that had changed were accepted. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="CatalogDigest">SHA-256 of the encoded catalog, which no longer holds the earlier definitions.</param>
/// <param name="Accepted">The tools, each with the digest that was accepted; that of the last definition when the tool is gone.</param>
public sealed record ToolChangesAccepted(string Slug, string CatalogDigest, ImmutableArray<ToolVersion> Accepted);

/// <summary>An integration was removed; nothing was connected to it. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its slug.</param>
public sealed record IntegrationRemoved(string Slug);
