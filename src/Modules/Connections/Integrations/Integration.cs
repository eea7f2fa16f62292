using System.Collections.Immutable;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>An integration as its stream tells it.</summary>
internal sealed record Integration
{
    /// <summary>How it is folded; null before the import and after the removal.</summary>
    public static Fold<Integration?> Fold { get; } = new(null, Evolve);

    public required string Slug { get; init; }

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public string? SourceUrl { get; init; }

    public required string SourceDigest { get; init; }

    public required string CatalogDigest { get; init; }

    public string? BaseUrl { get; init; }

    /// <summary>What the document declares.</summary>
    public required ImmutableArray<AuthTemplate> SourceTemplates { get; init; }

    /// <summary>What was added by hand.</summary>
    public required ImmutableArray<AuthTemplate> AddedTemplates { get; init; }

    public required int ToolCount { get; init; }

    /// <summary>Where the server is; null for other kinds.</summary>
    public McpServer? Server { get; init; }

    public bool BlockOnChange { get; init; }

    /// <summary>Its versions and tools; null when it is no plugin.</summary>
    public PluginState? Plugin { get; init; }

    /// <summary>The templates that hold: <c>none</c> always, then the document's, one by hand in place of one with the same slug, then the others by hand.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public ImmutableArray<AuthTemplate> Templates { get => field.IsDefault ? field = Merge() : field; init; }

    /// <summary>Whether its schema was sent inline: then it holds for every connection, whatever one read before.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasInlineSchema => Kind == "graphql" && SourceUrl is null;

    /// <summary>Digest of the catalog that holds for one of its connections.</summary>
    public string CatalogOf(Connection connection) => HasInlineSchema ? CatalogDigest : connection.CatalogDigest ?? CatalogDigest;

    /// <summary>The stream of a slug.</summary>
    public static string StreamOf(string slug) => "integration-" + slug;

    /// <summary>One step.</summary>
    public static Integration? Evolve(Integration? state, object e) => e switch
    {
        OpenApiIntegrationImported imported => new Integration
        {
            Slug = imported.Slug,
            Kind = "openapi",
            Name = imported.Name,
            Description = imported.Description,
            SourceUrl = imported.SourceUrl,
            SourceDigest = imported.SourceDigest,
            CatalogDigest = imported.CatalogDigest,
            BaseUrl = imported.BaseUrl,
            SourceTemplates = imported.SourceTemplates,
            AddedTemplates = imported.AddedTemplates,
            ToolCount = imported.ToolCount,
        },
        GraphQlIntegrationImported imported => new Integration
        {
            Slug = imported.Slug,
            Kind = "graphql",
            Name = imported.Name,
            Description = imported.Description,
            SourceUrl = imported.IsInline ? null : imported.Endpoint,
            SourceDigest = imported.SourceDigest,
            CatalogDigest = imported.CatalogDigest,
            BaseUrl = imported.Endpoint,
            SourceTemplates = [AuthTemplate.None],
            AddedTemplates = imported.AddedTemplates,
            ToolCount = imported.ToolCount,
        },
        ServerIntegrationRegistered registered => new Integration
        {
            Slug = registered.Slug,
            Kind = McpKind.Word,
            Name = registered.Name,
            Description = registered.Description,
            SourceDigest = registered.SourceDigest,
            CatalogDigest = registered.CatalogDigest,
            BaseUrl = registered.Url,
            SourceTemplates = registered.Transport == McpServer.Stdio ? [AuthTemplate.None] : [AuthTemplate.None, AuthorizationCode.Discovered],
            AddedTemplates = registered.AddedTemplates,
            ToolCount = 0,
            Server = new McpServer(registered.Transport, registered.Url, registered.Command, registered.Arguments),
        },
        IntegrationSourceReplaced replaced when state is not null => state with
        {
            SourceUrl = replaced.SourceUrl,
            SourceDigest = replaced.SourceDigest,
            CatalogDigest = replaced.CatalogDigest,
            BaseUrl = replaced.BaseUrl,
            SourceTemplates = replaced.SourceTemplates,
            ToolCount = replaced.ToolCount,
            Templates = default,
        },
        IntegrationDescribed described when state is not null => state with
        {
            Name = described.Name,
            Description = described.Description,
            AddedTemplates = described.AddedTemplates,
            BlockOnChange = described.BlockOnChange,
            Templates = default,
        },
        ToolChangesAccepted accepted when state is not null => state with { CatalogDigest = accepted.CatalogDigest },
        IntegrationRemoved => null,
        _ => PluginState.Evolve(state, e),
    };

    /// <summary>The template of a slug; null when there is none.</summary>
    public AuthTemplate? Template(string slug) => Templates.FirstOrDefault(template => template.Slug == slug);

    private ImmutableArray<AuthTemplate> Merge()
    {
        var merged = SourceTemplates
            .Select(template => AddedTemplates.FirstOrDefault(added => added.Slug == template.Slug) ?? template)
            .Concat(AddedTemplates.Where(added => SourceTemplates.All(template => template.Slug != added.Slug)))
            .ToImmutableArray();
        return merged.Any(template => template.Slug == AuthTemplate.None.Slug) ? merged : [AuthTemplate.None, .. merged];
    }
}
