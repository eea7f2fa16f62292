using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>Gives a subject limits of its own. An absent member is as the configuration has it, 0 is no limit.</summary>
internal sealed record SetLimit(double? PerSecond, int? Burst, int? Concurrency, long? PerDay)
{
    private const double MostPerSecond = 1_000_000;

    /// <summary>What is wrong with values, in words; null when nothing is.</summary>
    public static string? Fault(LimitValues values) => values switch
    {
        { PerSecond: { } rate } when !(rate is >= 0 and <= MostPerSecond) => "PerSecond must be from 0 to 1000000.",
        { Burst: < 0 or > 1_000_000 } => "Burst must be from 0 to 1000000.",
        { Concurrency: < 0 or > 1_000_000 } => "Concurrency must be from 0 to 1000000.",
        { PerDay: < 0 } => "PerDay must not be negative.",
        _ => null,
    };

    internal sealed class Validator : AbstractValidator<SetLimit>
    {
        public Validator()
        {
            RuleFor(command => command.PerSecond).InclusiveBetween(0, MostPerSecond);
            RuleFor(command => command.Burst).InclusiveBetween(0, 1_000_000);
            RuleFor(command => command.Concurrency).InclusiveBetween(0, 1_000_000);
            RuleFor(command => command.PerDay).GreaterThanOrEqualTo(0);
        }
    }
}

internal static class SettingLimit
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPut("/{kind}/{id}", Handle).WithName("setLimit")
        .WithSummary("Gives a principal, a toolkit or a connection limits of its own.");

    public static Decision Decide(LimitFold state, LimitKind kind, string id, SetLimit command)
    {
        var values = new LimitValues(command.PerSecond, command.Burst, command.Concurrency, command.PerDay);
        return state.Values == values ? Decision.Nothing : Decision.Accept(new LimitSet(kind.Word(), id, command.PerSecond, command.Burst, command.Concurrency, command.PerDay));
    }

    private static async Task<Results<Ok<LimitDocument>, ProblemResult>> Handle(
        string kind, string id, SetLimit command, IfMatch ifMatch, HttpContext context, IEventStore store, IReadModels models, Limiter limiter, CancellationToken cancellationToken)
    {
        if (LimitTarget.Find(context, kind, id, out var refusal) is not { } target)
        {
            return Problem.Of(refusal);
        }

        var decided = await store.Decide(
            target.StreamId, LimitFold.StreamType, LimitFold.Fold, folded => Decide(folded.State, target.Kind, id, command), context.Metadata(), ifMatch.Version,
            cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        return TypedResults.Ok(LimitDocument.Of(target.Kind, id, done.State.Values, limiter.DefaultsOf(target.Kind)));
    }
}
