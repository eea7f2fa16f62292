using System.Text.Json;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Asks what an import would give.</summary>
/// <param name="Spec">Where the document is.</param>
/// <param name="BaseUrl">Replaces the servers of the document.</param>
/// <param name="Endpoint">Of a GraphQL API: where operations are posted.</param>
/// <param name="Introspection">Of a GraphQL API: the result of an introspection query, the JSON object or its text.</param>
/// <param name="Sdl">Of a GraphQL API: the schema in the schema language.</param>
/// <param name="Transport">Of an MCP server: <c>http</c> or <c>sse</c>. No process is started for a preview.</param>
/// <param name="Url">Of an MCP server: where it is.</param>
internal sealed record PreviewSource(
    SpecSource? Spec = null, string? BaseUrl = null, string? Endpoint = null, JsonElement? Introspection = null, string? Sdl = null, string? Transport = null,
    string? Url = null)
{
    /// <summary>Whether an MCP server is meant.</summary>
    public bool IsServer => Transport is not null || Url is not null;

    /// <summary>The source of a GraphQL API; null when it is something else.</summary>
    public GraphQlSpec? GraphQl() => Endpoint is null && Introspection is null && Sdl is null ? null : new GraphQlSpec(Endpoint, Introspection, Sdl);
}

/// <summary>Rules of <see cref="PreviewSource"/>.</summary>
internal sealed class PreviewSourceValidator : AbstractValidator<PreviewSource>
{
    public PreviewSourceValidator()
    {
        RuleFor(command => command.Spec).NotNull().When(command => command.GraphQl() is null && !command.IsServer).WithErrorCode("required").WithMessage("Say where the document is.");
        RuleFor(command => command.Spec).Null().When(command => command.GraphQl() is not null || command.IsServer)
            .WithErrorCode("one_of").WithMessage("Give a document, an endpoint and its schema, or a server: one of them.");
        RuleFor(command => command.Endpoint).Null().When(command => command.IsServer)
            .WithErrorCode("one_of").WithMessage("Give a document, an endpoint and its schema, or a server: one of them.");
        RuleFor(command => command.Transport).Must(transport => transport is McpServer.Http or McpServer.Sse).When(command => command.IsServer)
            .WithErrorCode("invalid_transport").WithMessage("The transport of a preview is http or sse.");
        RuleFor(command => command.Url).Must(BaseUrls.IsFetchable).When(command => command.IsServer)
            .WithErrorCode("invalid_url").WithMessage("The URL must be absolute, http or https, and hold no user name or password.");
        RuleFor(command => command.GraphQl()!).SetValidator(new GraphQlSpecValidator()).When(command => command.GraphQl() is not null).OverridePropertyName("");
        RuleFor(command => command.Spec!).SetValidator(new SpecSourceValidator()).When(command => command.Spec is not null);
        RuleFor(command => command.BaseUrl).Must(BaseUrls.IsBase).When(command => command.BaseUrl is not null)
            .WithErrorCode("invalid_url").WithMessage(DescribingRules.BaseUrlMessage);
    }
}

/// <summary>A tool that an import would give.</summary>
internal sealed record PreviewedTool(string Name, string? Title, string Description, string ApprovalText, bool AsksByDefault);

/// <summary>What an import would give.</summary>
/// <param name="Kind"><c>openapi</c>, <c>graphql</c> or <c>mcp</c>.</param>
/// <param name="Name">The document's title.</param>
/// <param name="Description">The document's description.</param>
/// <param name="Servers">Its base URLs.</param>
/// <param name="AuthTemplates">Its ways to authenticate.</param>
/// <param name="ToolCount">How many tools.</param>
/// <param name="Tools">The first 1,000 of them, by name.</param>
/// <param name="Diagnostics">What would be dropped or ignored.</param>
internal sealed record SourcePreview(
    string Kind, string Name, string? Description, IReadOnlyList<string> Servers, IReadOnlyList<TemplateBody> AuthTemplates, int ToolCount,
    IReadOnlyList<PreviewedTool> Tools, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary><c>POST /integrations/preview</c>: saves nothing.</summary>
internal static class PreviewingSource
{
    private const int MaxTools = 1_000;

    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/preview", Handle)
        .WithName("previewSource").WithSummary("Says what an import would give, saving nothing.").ChangesNothing().WithMetadata(new RequestSizeLimitAttribute(SourceReader.MaxRequestBytes));

    private static async Task<Results<Ok<SourcePreview>, ProblemResult>> Handle(
        PreviewSource command, SourceReader sources, GraphQlSourceReader schemas, ServerProbe servers, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var (kind, reading) = command switch
        {
            { IsServer: true } => (McpKind.Word, await servers.Read(command.Transport!, command.Url!, "/url", cancellationToken)),
            _ when command.GraphQl() is { } spec => ("graphql", await schemas.Read(spec, cancellationToken)),
            _ => ("openapi", await sources.Read(command.Spec!, command.BaseUrl, cancellationToken)),
        };
        return reading.Source is { Catalog: var catalog }
            ? TypedResults.Ok(new SourcePreview(
                kind, catalog.Title, catalog.Description, catalog.Servers, [.. catalog.AuthTemplates.Select(TemplateBody.Of)], catalog.Tools.Length,
                [.. catalog.Tools.Take(MaxTools).Select(tool => new PreviewedTool(tool.Name, tool.Title, tool.Description, tool.ApprovalText, tool.AsksByDefault))],
                [.. catalog.Diagnostics.Take(ListingIntegrations.MaxDiagnostics)]))
            : Problem.Of(reading.Rejection!);
    }
}
