using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>What publishing a manifest would do.</summary>
/// <param name="Id">The plugin's id.</param>
/// <param name="Version">The version.</param>
/// <param name="Digest">SHA-256 of the manifest in canonical form.</param>
/// <param name="Outcome"><c>registers</c>, <c>publishes_version</c>, or <c>changes_nothing</c> when it was published before.</param>
/// <param name="Tools">Its tools, by name.</param>
internal sealed record ManifestVerdict(string Id, string Version, string Digest, string Outcome, IReadOnlyList<ManifestVerdictTool> Tools);

/// <summary>What publishing would do to a tool.</summary>
/// <param name="Name">Its name.</param>
/// <param name="WireName"><c>id__tool</c>.</param>
/// <param name="Digest">Digest of its definition.</param>
/// <param name="NeedsApproval">Whether it would wait for approval: until the first enabling all do, after that what is new or changed.</param>
internal sealed record ManifestVerdictTool(string Name, string WireName, string Digest, bool NeedsApproval);

/// <summary><c>POST /integrations/plugins/validate</c>: answers as publishing would, and saves nothing.</summary>
internal static class ValidatingPlugin
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/plugins/validate", Handle)
        .WithName("validatePlugin").WithSummary("Says what publishing a manifest would do, saving nothing.").ChangesNothing();

    private static Results<Ok<ManifestVerdict>, ProblemResult> Handle(ManifestDocument document, ManifestValidator validator, Commands commands, HttpContext context)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var reading = validator.Read(document.Bytes);
        if (reading.Manifest is not { } manifest)
        {
            return ManifestProblems.Of(reading);
        }

        var state = commands.State.Integration(manifest.Id)?.Integration;
        var decision = PublishingPlugin.Decide(manifest, isVersion: state?.Plugin is not null, state);
        if (decision is Decision.Rejected rejected)
        {
            return Problem.Of(rejected.Rejection);
        }

        var outcome = decision is Decision.Unchanged ? "changes_nothing" : state is null ? "registers" : "publishes_version";
        return TypedResults.Ok(new ManifestVerdict(
            manifest.Id, manifest.Version, manifest.Digest, outcome,
            [
                .. manifest.Tools.Select(tool => (tool.Name, Digest: PluginCompiler.DigestOf(manifest, tool))).Select(tool => new ManifestVerdictTool(
                    tool.Name, PluginWireName.Of(manifest.Id, tool.Name), tool.Digest, state?.Plugin?.Tool(tool.Name)?.Approved != tool.Digest)),
            ]));
    }
}
