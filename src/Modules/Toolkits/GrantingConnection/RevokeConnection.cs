using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Takes a grant back: its tools are gone from open sessions at once.</summary>
internal static class RevokeConnection
{
    public static Rejection NotFound { get; } = Rejection.NotFound("connection_not_found", "The toolkit has no such grant.");

    public static void Map(IEndpointRouteBuilder group)
        => group.MapDelete("/{id}/connections/{grantId}", Handle).WithName("revokeConnection").WithSummary("Takes a grant back.");

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string id, string grantId, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, CancellationToken cancellationToken)
    {
        var written = await writes.Run(context, id, ifMatch, state => Decide(state, id, grantId), cancellationToken);
        return written.Refusal is { } refusal ? refusal : TypedResults.NoContent();
    }

    public static Decision Decide(ToolkitState state, string id, string grantId)
        => state.Grants.Any(grant => grant.Id == grantId) ? Decision.Accept(new ConnectionRevoked(id, grantId)) : NotFound;
}
