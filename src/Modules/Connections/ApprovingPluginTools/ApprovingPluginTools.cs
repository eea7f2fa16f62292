using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Approves the definition of a tool.</summary>
/// <param name="Digest">Digest of the definition that was looked at.</param>
internal sealed record ApprovePluginTool(string? Digest);

/// <summary>Rules of <see cref="ApprovePluginTool"/>.</summary>
internal sealed class ApprovePluginToolValidator : AbstractValidator<ApprovePluginTool>
{
    public ApprovePluginToolValidator() => RuleFor(command => command.Digest)
        .Must(digest => digest is { Length: 64 } && digest.All(char.IsAsciiHexDigitLower)).WithErrorCode("invalid_digest")
        .WithMessage("Name the digest of the definition that you approve: 64 lower-case hexadecimal digits.");
}

/// <summary><c>POST /integrations/plugins/{id}/tools/{name}/approve</c>: what is approved is what was seen, or nothing is.</summary>
internal static class ApprovingPluginTools
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/plugins/{id}/tools/{name}/approve", Handle)
        .WithName("approvePluginTool").WithSummary("Approves the definition of a tool that is new or changed, by its digest.").NotATool();

    /// <summary>The decision.</summary>
    public static Decision Decide(string id, string name, string digest, Integration? state)
    {
        if (state?.Plugin is not { } plugin)
        {
            return PluginRefusals.NoPlugin(id);
        }

        return plugin.Tool(name) switch
        {
            null => PluginRefusals.NoTool,
            var tool when tool.Digest != digest => Rejection.Conflict(
                "digest_mismatch", "Another definition of this tool is in force than the one that you approve; look at it again.", "/digest"),
            { IsApproved: true } => Decision.Nothing,
            _ => Decision.Accept(new PluginToolApproved(id, plugin.Version, name, digest)),
        };
    }

    private static async Task<Results<Ok<PluginToolBody>, ProblemResult>> Handle(
        string id, string name, ApprovePluginTool command, IfMatch ifMatch, Commands commands, PluginCatalogs plugins, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var decided = await commands.OnIntegration(id, state => Decide(id, name, command.Digest!, state), context.Metadata(), ifMatch.Version, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        var tool = done.State!.Plugin!.Tool(name)!;
        return TypedResults.Ok(PluginToolBody.Of(done.State, (await plugins.Inspect(id, [tool], cancellationToken))[0]));
    }
}
