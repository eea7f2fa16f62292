using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// <c>POST /integrations/plugins/{id}/enable</c> and <c>/disable</c>. The first enabling approves the tools that are there; from then on each new or
/// changed definition is approved by itself. Both hold at once, in open sessions too.
/// </summary>
internal static class EnablingPlugin
{
    public static void Map(IEndpointRouteBuilder group)
    {
        // Approving definitions is a person's act: an agent that could enable would approve what another told it.
        group.MapPost("/plugins/{id}/enable", Enable).WithName("enablePlugin").WithSummary("Lists the approved tools of a plugin; the first time it approves all of them.").NotATool();
        group.MapPost("/plugins/{id}/disable", Disable).WithName("disablePlugin").WithSummary("Takes every tool of a plugin away; approvals stay.");
    }

    /// <summary>The decision on enabling.</summary>
    public static Decision DecideEnable(string id, Integration? state) => state?.Plugin switch
    {
        null => PluginRefusals.NoPlugin(id),
        { Enabled: true } => Decision.Nothing,
        var plugin => Decision.Accept(new PluginEnabled(id, plugin.Version, plugin.WasEnabled ? [] : [.. plugin.Tools.Select(tool => new ToolVersion(tool.Name, tool.Digest))])),
    };

    /// <summary>The decision on disabling.</summary>
    public static Decision DecideDisable(string id, Integration? state) => state?.Plugin switch
    {
        null => PluginRefusals.NoPlugin(id),
        { Enabled: false } => Decision.Nothing,
        _ => Decision.Accept(new PluginDisabled(id)),
    };

    private static Task<Results<Ok<PluginBody>, ProblemResult>> Enable(
        string id, IfMatch ifMatch, Commands commands, PluginCatalogs plugins, HttpContext context, CancellationToken cancellationToken)
        => Change(id, state => DecideEnable(id, state), ifMatch, commands, plugins, context, cancellationToken);

    private static Task<Results<Ok<PluginBody>, ProblemResult>> Disable(
        string id, IfMatch ifMatch, Commands commands, PluginCatalogs plugins, HttpContext context, CancellationToken cancellationToken)
        => Change(id, state => DecideDisable(id, state), ifMatch, commands, plugins, context, cancellationToken);

    private static async Task<Results<Ok<PluginBody>, ProblemResult>> Change(
        string id, Func<Integration?, Decision> decide, IfMatch ifMatch, Commands commands, PluginCatalogs plugins, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var decided = await commands.OnIntegration(id, decide, context.Metadata(), ifMatch.Version, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        return await ShowingPlugin.Show(done.State, plugins, cancellationToken) is { } shown ? TypedResults.Ok(shown) : Problem.Of(PluginRefusals.NoPlugin(id));
    }
}
