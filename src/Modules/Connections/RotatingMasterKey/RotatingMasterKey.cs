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

    /// <summary>What is said while another rotation runs.</summary>
    private static readonly Rejection Running = Rejection.Conflict("rotation_running", "The master key is being rotated already. Ask again when that has ended.");

    private static async Task<Results<Ok<KeyRotation>, ProblemResult>> Handle(ISecretKeys keys, HttpContext context, CancellationToken cancellationToken)
    {
        if (Refused(context.Principal()) is { } refused)
        {
            return Problem.Of(refused);
        }

        return await keys.Rotate(context.Metadata(), cancellationToken) is { } rotation ? TypedResults.Ok(rotation) : Problem.Of(Running);
    }
}
