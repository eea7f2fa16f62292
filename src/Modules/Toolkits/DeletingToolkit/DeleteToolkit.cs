using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Deletes a toolkit with its grants and policies, and gives its slug back. Connections stay.</summary>
internal static class DeleteToolkit
{
    public static void Map(IEndpointRouteBuilder group) => group.MapDelete("/{id}", Handle).WithName("deleteToolkit").WithSummary("Deletes a toolkit.");

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string id, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, CancellationToken cancellationToken)
    {
        var written = await writes.Run(context, id, ifMatch, state => Decide(state, id), cancellationToken);
        if (written.Refusal is { } refusal)
        {
            return refusal;
        }

        context.Response.Headers.ETag = default;
        return TypedResults.NoContent();
    }

    public static Decision Decide(ToolkitState state, string id)
        => new Decision.Accepted(new ToolkitDeleted(id)) { Releases = [ToolkitSlug.Claim(state.Slug)] };
}
