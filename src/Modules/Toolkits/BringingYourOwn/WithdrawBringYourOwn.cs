using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>
/// Has a shared toolkit serve nobody's own connections to an integration any more: their tools are gone from open sessions at once. The connections stay. Works
/// also when the integration is gone.
/// </summary>
internal static class WithdrawBringYourOwn
{
    public static Rejection NotFound { get; } = Rejection.NotFound("bring_your_own_not_found", "The toolkit has no such declaration.");

    public static void Map(IEndpointRouteBuilder group) => group.MapDelete("/{id}/bring-your-own/{integration}", Handle).WithName("withdrawBringYourOwn")
        .WithSummary("Has a shared toolkit serve its callers' own connections to an integration no more.");

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string id, string integration, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, CancellationToken cancellationToken)
    {
        var written = await writes.Run(context, id, ifMatch, state => Decide(state, id, integration), cancellationToken);
        return written.Refusal is { } refusal ? refusal : TypedResults.NoContent();
    }

    public static Decision Decide(ToolkitState state, string id, string integration)
        => state.BringYourOwn.Contains(integration) ? Decision.Accept(new BringYourOwnWithdrawn(id, integration)) : NotFound;
}
