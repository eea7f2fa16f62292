using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>The toolkits that the caller sees: the workspace's and its own.</summary>
internal static class ListToolkits
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/", List).WithName("listToolkits").WithSummary("The workspace's toolkits and the caller's own, in the order of their creation.");
        group.MapGet("/{id}", Get).WithName("getToolkit").WithSummary("One toolkit.");
    }

    private static Ok<ListOf<ToolkitDto>> List(HttpContext context, PageRequest page, IReadModels models, ToolkitShow show)
    {
        var snapshot = models.Current;
        var visible = snapshot.Get<ToolkitBook>().ById.Values.Where(row => row.Owner.IsVisibleTo(context.Principal()));
        return TypedResults.Ok(page.Cut(visible, row => row.Id, row => show.Of(row, context, snapshot)));
    }

    private static Results<Ok<ToolkitDto>, ProblemResult> Get(string id, HttpContext context, IReadModels models, ToolkitShow show)
    {
        var snapshot = models.Current;
        if (snapshot.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        context.Read(row.Version);
        return TypedResults.Ok(show.Of(row, context, snapshot));
    }
}
