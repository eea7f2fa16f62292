using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Takes an override back: the toolkit shows the tool as its source defines it. Works also when the tool itself is gone.</summary>
internal static class RemoveOverride
{
    public static Rejection NotFound { get; } = Rejection.NotFound("override_not_found", "The toolkit has no such override.");

    public static void Map(IEndpointRouteBuilder group)
        => group.MapDelete("/{id}/overrides/{address}", Handle).WithName("removeOverride").WithSummary("Takes an override back.");

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string id, string address, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, CancellationToken cancellationToken)
    {
        var written = await writes.Run(context, id, ifMatch, state => Decide(state, id, address), cancellationToken);
        return written.Refusal is { } refusal ? refusal : TypedResults.NoContent();
    }

    public static Decision Decide(ToolkitState state, string id, string address)
        => state.Overrides.ContainsKey(address) ? Decision.Accept(new ToolOverrideRemoved(id, address)) : NotFound;
}
