using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>Shows where a replay is, or what it found.</summary>
internal static class ShowingReplay
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/replay/{id}", Handle).WithSummary("Show a replay");

    private static Results<Ok<ReplayJob>, ProblemResult> Handle(string id, ReplayJobs jobs)
        => jobs.Find(id) is { } job ? TypedResults.Ok(job) : Problem.Of(404, "replay_not_found", "This node remembers no such replay.");
}
