using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>Limits of a subject.</summary>
/// <param name="Kind"><c>principal</c>, <c>toolkit</c> or <c>connection</c>.</param>
/// <param name="Id">Its id.</param>
/// <param name="PerSecond">Requests a second in the long run; 0 for no limit.</param>
/// <param name="Burst">Requests at once after a pause.</param>
/// <param name="Concurrency">Calls under way at a time, on each node; 0 for no limit.</param>
/// <param name="PerDay">Calls of a day (UTC); 0 for no limit.</param>
/// <param name="Own">Whether it has values of its own; else all are the configuration's.</param>
internal sealed record LimitDocument(string Kind, string Id, double PerSecond, double Burst, int Concurrency, long PerDay, bool Own)
{
    public static LimitDocument Of(LimitKind kind, string id, LimitValues? own, LimitValues defaults)
    {
        var limits = Limits.Of(own, defaults);
        return new LimitDocument(kind.Word(), id, limits.PerSecond, limits.PerSecond > 0 ? limits.Burst : 0, limits.Concurrency, limits.PerDay, own is not null);
    }
}

/// <summary>Shows what holds for a subject, and who has values of its own.</summary>
internal static class ShowingLimits
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/", List).WithName("listLimits").WithSummary("Principals, toolkits and connections with limits of their own.");
        group.MapGet("/{kind}/{id}", Show).WithName("readLimit").WithSummary("The limits that hold for a principal, a toolkit or a connection.");
    }

    private static Results<Ok<ListOf<LimitDocument>>, ProblemResult> List(HttpContext context, PageRequest page, IReadModels models, Limiter limiter)
        => LimitTarget.Refused(context) is { } refusal
            ? Problem.Of(refusal)
            : TypedResults.Ok(page.Cut(
                models.Current.Get<LimitsState>().Own.Select(own => (Key: own.Key.Kind.Word() + "/" + own.Key.Id, own.Key.Kind, own.Key.Id, own.Value.Values)).OrderBy(own => own.Key, StringComparer.Ordinal),
                own => own.Key,
                own => LimitDocument.Of(own.Kind, own.Id, own.Values, limiter.DefaultsOf(own.Kind))));

    private static Results<Ok<LimitDocument>, ProblemResult> Show(string kind, string id, HttpContext context, IReadModels models, Limiter limiter)
    {
        if (LimitTarget.Find(context, kind, id, out var refusal) is not { } target)
        {
            return Problem.Of(refusal);
        }

        var own = models.Current.Get<LimitsState>().Own.GetValueOrDefault((target.Kind, id));
        context.Read(own?.Version ?? 0);
        return TypedResults.Ok(LimitDocument.Of(target.Kind, id, own?.Values, limiter.DefaultsOf(target.Kind)));
    }
}
