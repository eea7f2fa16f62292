using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Removes a registered MCP client; whoever let it in has not any more.</summary>
internal static class RemovingClient
{
    public static void Map(IEndpointRouteBuilder group)
        => group.MapDelete("/{id}", Handle).WithName("removeClient").WithSummary("Remove a registered MCP client; everything it was allowed ends");

    private static async Task<Results<NoContent, ProblemResult>> Handle(string id, HttpContext context, IEventStore store, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(ListingClients.AdminRequired);
        }

        if (!id.StartsWith("cli_", StringComparison.Ordinal))
        {
            return Problem.Of(ClientFold.NotFound);
        }

        var decided = await store.Decide(
            ClientFold.StreamOf(id), ClientFold.StreamType, ClientFold.Fold, folded => folded.State ? Decision.Accept(new ClientRemoved(id)) : ClientFold.NotFound,
            context.Metadata(), cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }
}
