using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>Shows the event at a position.</summary>
internal static class ShowingEvent
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/events/{position:long:min(1)}", Handle).WithSummary("Show the event at a position");

    private static async Task<Results<Ok<ShownEvent>, ProblemResult>> Handle(
        long position, HttpContext context, AuditIndex index, CancellationToken cancellationToken)
    {
        if (await Patience.CatchUp(index, context, cancellationToken) is not { } upTo)
        {
            return Patience.Exhausted(context);
        }

        var page = await index.Page(new EventQuery { After = position - 1 }, context.Principal().Id, null, Math.Min(position, upTo), 1, cancellationToken);
        return page.Events is [var found] ? TypedResults.Ok(found) : Problem.Of(404, "event_not_found", "There is no event at this position.");
    }
}
