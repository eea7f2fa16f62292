using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary><c>DELETE /integrations/{slug}</c>: refused while anything is connected to it.</summary>
internal static class RemovingIntegration
{
    public static void Map(IEndpointRouteBuilder group) => group.MapDelete("/{slug}", Handle)
        .WithName("removeIntegration").WithSummary("Removes an integration that has no connections.");

    /// <summary>The decision, on the integration and on the picture of who is connected to it.</summary>
    public static Decision Decide(string slug, ConnectionsState picture, Integration? state) => state switch
    {
        null => Refusals.NoIntegration(slug),
        _ when picture.Connections.Keys.Any(key => key.Integration == slug)
            => Rejection.Conflict("integration_in_use", $"There are connections to '{slug}'; remove them first."),
        _ => Decision.Accept(new IntegrationRemoved(slug)) with { Claims = [LinkNumber.Next(picture, slug)] },
    };

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string slug, IfMatch ifMatch, Commands commands, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var decided = await commands.Linked(
            picture => commands.OnIntegration(slug, state => Decide(slug, picture, state), context.Metadata(), ifMatch.Version, cancellationToken), cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }
}
