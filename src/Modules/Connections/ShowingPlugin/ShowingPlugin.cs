using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// <c>GET /integrations/plugins/{id}</c> and <c>…/tools</c>: tools with their state and why they are quarantined, for those who manage. Nothing of it is
/// on the path of a call: disabled and held-back tools are read here only.
/// </summary>
internal static class ShowingPlugin
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/plugins/{id}", Get).WithName("getPlugin").WithSummary("Reads a plugin and its tools.");
        group.MapGet("/plugins/{id}/tools", List).WithName("listPluginTools").WithSummary("Lists the tools of a plugin with their state.");
    }

    /// <summary>How a plugin is shown; null when the integration is none.</summary>
    public static async Task<PluginBody?> Show(Integration? integration, PluginCatalogs plugins, CancellationToken cancellationToken)
    {
        if (integration?.Plugin is not { } plugin)
        {
            return null;
        }

        var judged = await plugins.Inspect(integration.Slug, plugin.Tools, cancellationToken);
        return new PluginBody(
            integration.Slug, plugin.Version, integration.SourceDigest, integration.Name, integration.Description, plugin.Enabled, plugin.Capabilities,
            [.. integration.Templates.Select(TemplateBody.Of)], [.. judged.Select(tool => PluginToolBody.Of(integration, tool))]);
    }

    private static async Task<Results<Ok<PluginBody>, ProblemResult>> Get(
        string id, Commands commands, PluginCatalogs plugins, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var row = commands.State.Integration(id);
        if (await Show(row?.Integration, plugins, cancellationToken) is not { } shown)
        {
            return Problem.Of(PluginRefusals.NoPlugin(id));
        }

        context.Read(row!.Version);
        return TypedResults.Ok(shown);
    }

    private static async Task<Results<Ok<ListOf<PluginToolBody>>, ProblemResult>> List(
        string id, PageRequest page, Commands commands, PluginCatalogs plugins, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        return await Show(commands.State.Integration(id)?.Integration, plugins, cancellationToken) is { } shown
            ? TypedResults.Ok(page.Cut(shown.Tools, tool => tool.Name, tool => tool))
            : Problem.Of(PluginRefusals.NoPlugin(id));
    }
}
