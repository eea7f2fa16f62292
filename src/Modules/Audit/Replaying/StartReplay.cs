using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>Starts a replay: every read model is rebuilt aside from the log and compared with the live one.</summary>
internal static class StartingReplay
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/replay", Handle).WithSummary("Rebuild every read model aside and compare");

    private static Accepted<ReplayJob> Handle(HttpContext context, ReplayJobs jobs)
    {
        var job = jobs.Start(context.Metadata());
        return TypedResults.Accepted($"/api/audit/replay/{job.Id}", job);
    }
}
