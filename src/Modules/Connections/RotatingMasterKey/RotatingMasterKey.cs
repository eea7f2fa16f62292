using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary><c>POST /secrets/rotation</c>: rotates the master key while calls run. For owners: it concerns every credential of the deployment.</summary>
internal static class RotatingMasterKey
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/rotation", Handle)
        .WithName("rotateMasterKey").WithSummary("Wraps every stored credential with a new master key, while calls run.").NotATool();

    /// <summary>Why the caller may not; null for owners.</summary>
    public static Rejection? Refused(Principal caller)
        => caller.Role == Role.Owner ? null : Rejection.Forbidden("role_too_small", "Rotating the master key takes the role owner.");

    private static async Task<Results<Ok<KeyRotation>, ProblemResult>> Handle(ISecretKeys keys, HttpContext context, CancellationToken cancellationToken)
        => Refused(context.Principal()) is { } refused ? Problem.Of(refused) : TypedResults.Ok(await keys.Rotate(cancellationToken));
}
