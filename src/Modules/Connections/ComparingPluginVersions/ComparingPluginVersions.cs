using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary><c>GET /integrations/plugins/{id}/versions/{a}/diff/{b}</c>.</summary>
internal static class ComparingPluginVersions
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/plugins/{id}/versions/{a}/diff/{b}", Handle)
        .WithName("comparePluginVersions").WithSummary("Says what differs between two versions of a plugin.");

    private static async Task<Results<Ok<PluginDifference>, ProblemResult>> Handle(
        string id, string a, string b, Commands commands, PluginCatalogs plugins, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        if (commands.State.Integration(id)?.Integration.Plugin is not { } plugin)
        {
            return Problem.Of(PluginRefusals.NoPlugin(id));
        }

        if (plugin.Find(a) is not { } from || plugin.Find(b) is not { } to)
        {
            return Problem.Of(PluginRefusals.NoVersion);
        }

        if (await plugins.Manifest(from.Digest, cancellationToken) is not { } before)
        {
            return Problem.Of(PluginRefusals.Unreadable(a));
        }

        return await plugins.Manifest(to.Digest, cancellationToken) is { } after
            ? TypedResults.Ok(PluginDifference.Between(before, after))
            : Problem.Of(PluginRefusals.Unreadable(b));
    }
}
