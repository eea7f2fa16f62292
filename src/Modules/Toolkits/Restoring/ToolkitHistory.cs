using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>One change of a toolkit.</summary>
/// <param name="Position">Log position: what <c>at</c>, <c>from</c>, <c>to</c> and <c>restore</c> take.</param>
/// <param name="Version">Version of the toolkit that it made.</param>
/// <param name="Type">Alias of its event.</param>
/// <param name="Actor">Who made it; null where nobody is known.</param>
/// <param name="At">When, UTC.</param>
internal sealed record ToolkitVersionDto(long Position, long Version, string Type, string? Actor, DateTimeOffset At);

/// <summary>The changes of a toolkit, newest first.</summary>
internal static class ToolkitHistory
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/{id}/history", Handle).WithName("listToolkitHistory")
        .WithSummary("The changes of a toolkit, newest first.");

    private static async Task<Results<Ok<ListOf<ToolkitVersionDto>>, ProblemResult>> Handle(
        string id, HttpContext context, PageRequest page, ToolkitPast past, CancellationToken cancellationToken)
    {
        if (past.Find(id, context) is null)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        var events = await past.Events(id, cancellationToken);

        // Keys that fall as versions rise: pages go on where they were while new versions come.
        return TypedResults.Ok(page.Cut(
            events.Reverse(), e => (long.MaxValue - e.Version).ToString("D19", System.Globalization.CultureInfo.InvariantCulture),
            e => new ToolkitVersionDto(e.Position, e.Version, e.Type, e.Metadata.Actor, e.Timestamp)));
    }
}
