using System.Text.Json;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Makes an integration of an MCP server. Nothing is asked of the server: each connection shows its own catalog.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="Transport"><c>http</c>, <c>sse</c> or <c>stdio</c>.</param>
/// <param name="Url">Where it is; for http and sse.</param>
/// <param name="Command">What starts it; for stdio.</param>
/// <param name="Args">Arguments of the command.</param>
/// <param name="Name">Name to show; the slug when it is not given.</param>
/// <param name="Description">What it is.</param>
/// <param name="AuthTemplates">Ways to authenticate: in headers and the query over HTTP, in environment variables for stdio.</param>
internal sealed record ImportMcp(
    string? Slug, string? Transport, string? Url = null, string? Command = null, IReadOnlyList<string>? Args = null, string? Name = null, string? Description = null,
    IReadOnlyList<TemplateBody>? AuthTemplates = null)
{
    /// <summary>The server that is meant.</summary>
    public McpServer Server => new(Transport!, Transport == McpServer.Stdio ? null : Url, Transport == McpServer.Stdio ? Command : null, [.. Args ?? []]);
}

/// <summary>Rules of <see cref="ImportMcp"/>.</summary>
internal sealed class ImportMcpValidator : AbstractValidator<ImportMcp>
{
    private const int MaxCommand = 1_000;
    private const int MaxArguments = 64;

    public ImportMcpValidator()
    {
        RuleFor(command => command.Slug).IsIntegrationSlug();
        RuleFor(command => command.Transport).Must(transport => transport is McpServer.Http or McpServer.Sse or McpServer.Stdio)
            .WithErrorCode("invalid_transport").WithMessage("The transport is http, sse or stdio.");
        RuleFor(command => command.Url).NotNull().When(command => !IsStdio(command)).WithErrorCode("required").WithMessage("Say where the server is.");
        RuleFor(command => command.Url).Must(BaseUrls.IsFetchable).When(command => !IsStdio(command) && command.Url is not null)
            .WithErrorCode("invalid_url").WithMessage("The URL must be absolute, http or https, and hold no user name or password.");
        RuleFor(command => command.Url).Null().When(IsStdio).WithErrorCode("not_allowed").WithMessage("A server over stdio has no URL.");
        RuleFor(command => command.Command).NotEmpty().When(IsStdio).WithErrorCode("required").WithMessage("Say which command starts the server.");
        RuleFor(command => command.Command).Null().When(command => !IsStdio(command)).WithErrorCode("not_allowed").WithMessage("Only a server over stdio has a command.");
        RuleFor(command => command.Command).Must(IsWord).When(command => command.Command is not null)
            .WithErrorCode("invalid_command").WithMessage($"A command has at most {MaxCommand} characters and no control characters.");
        RuleFor(command => command.Args).Must(arguments => arguments is null || (arguments.Count <= MaxArguments && arguments.All(IsWord)))
            .WithErrorCode("invalid_args").WithMessage($"At most {MaxArguments} arguments, each of at most {MaxCommand} characters without control characters.");
        RuleFor(command => command.Args).Must(arguments => arguments is null or { Count: 0 }).When(command => !IsStdio(command))
            .WithErrorCode("not_allowed").WithMessage("Only a server over stdio has arguments.");
        RuleFor(command => command.Name).Must(DescribingRules.IsName).WithErrorCode("invalid_name").WithMessage(DescribingRules.NameMessage);
        RuleFor(command => command.Description).MaximumLength(DescribingRules.MaxDescription)
            .Must(DescribingRules.IsDescription).WithErrorCode("invalid_description").WithMessage(DescribingRules.DescriptionMessage);
        RuleFor(command => command.AuthTemplates).Must(DescribingRules.AreTemplates).WithErrorCode("invalid_templates").WithMessage(DescribingRules.TemplatesMessage);
        RuleForEach(command => command.AuthTemplates).SetValidator(command => IsStdio(command) ? new TemplateBodyValidator("env") : new TemplateBodyValidator());
    }

    private static bool IsStdio(ImportMcp command) => command.Transport == McpServer.Stdio;

    private static bool IsWord(string? text) => text is { Length: <= MaxCommand } && !AuthTemplateRules.HasControl(text);
}

/// <summary><c>POST /integrations/mcp</c>.</summary>
internal static class ImportingMcp
{
    public static void Map(IEndpointRouteBuilder group)
        => group.MapPost("/mcp", Handle).WithName("importMcp").WithSummary("Makes an integration of an MCP server.");

    /// <summary>The decision.</summary>
    public static Decision Decide(ImportMcp command, CompiledSource source, StdioOptions stdio, Integration? state)
    {
        if (command.Server is { Transport: McpServer.Stdio } process && !stdio.Allows(process))
        {
            return Rejection.Invalid("command_not_allowed", "The operator of this deployment does not allow this command (Toolgate:Stdio:AllowedCommands).", "/command");
        }

        return state is not null
            ? Rejection.Conflict("integration_exists", $"There is an integration '{command.Slug}' already.", "/slug")
            : Decision.Accept(new ServerIntegrationRegistered(
                command.Slug!, command.Name ?? command.Slug!, command.Description ?? "", command.Server.Transport, command.Server.Url, command.Server.Command, command.Server.Arguments,
                source.DocumentDigest, source.CatalogDigest, [.. (command.AuthTemplates ?? []).Select(template => template.ToTemplate())])) with { Alongside = source.Contents };
    }

    private static async Task<Results<Created<IntegrationBody>, ProblemResult>> Handle(
        ImportMcp command, Commands commands, CatalogStore catalogs, IOptions<StdioOptions> stdio, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        // The registration itself is the source; the catalog of the integration is empty for ever.
        var source = CompiledSource.Of(SourceCatalog.Nothing, JsonSerializer.SerializeToUtf8Bytes(command.Server));
        catalogs.Put(source.CatalogDigest, source.Catalog, source.Encoded.Length);
        var decided = await commands.OnIntegration(
            command.Slug!, state => Decide(command, source, stdio.Value, state), context.Metadata(), ifMatch: null, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        return ListingIntegrations.Show(commands, catalogs, command.Slug!) is { } shown
            ? TypedResults.Created($"/api/integrations/{command.Slug}", shown)
            : Problem.Of(Refusals.NoIntegration(command.Slug!));
    }
}
