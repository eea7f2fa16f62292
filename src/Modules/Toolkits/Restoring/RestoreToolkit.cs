using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>
/// Makes a toolkit what it was at a position: name, slug, surface, names, grants, policies, overrides and declarations. Nothing is rewritten: what it takes is
/// appended as new events, so that a restoration can be undone by another.
/// </summary>
/// <param name="Position">A log position; the toolkit as it was after everything up to there.</param>
internal sealed record RestoreToolkit(long? Position)
{
    internal sealed class Validator : AbstractValidator<RestoreToolkit>
    {
        public Validator() => RuleFor(c => c.Position).Must(position => position > 0).WithErrorCode("invalid_position").WithMessage("position must be a log position.");
    }

    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/{id}/restore", Handle).WithName("restoreToolkit")
        .WithSummary("Makes a toolkit what it was at a position, by new events.");

    private static async Task<Results<Ok<ToolkitDto>, ProblemResult>> Handle(
        string id, RestoreToolkit command, HttpContext context, IfMatch ifMatch, ToolkitPast past, ToolkitWrites writes, IReadModels models, ToolkitShow show,
        CancellationToken cancellationToken)
    {
        if (past.Find(id, context) is null)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        var then = ToolkitPast.StateAt(await past.Events(id, cancellationToken), command.Position!.Value);
        var written = await writes.Run(context, id, ifMatch, state => Decide(state, then, id), cancellationToken);
        return written.Row is { } row ? TypedResults.Ok(show.Of(row, context, models.Current)) : written.Problem;
    }

    /// <summary>A slug that another toolkit took meanwhile refuses the whole restoration.</summary>
    public static Decision Decide(ToolkitState now, ToolkitState then, string id)
    {
        if (!then.Exists)
        {
            return ToolkitPast.NotThen;
        }

        var events = ToolkitChanges.Between(now, then, id);
        return events.Count == 0 ? Decision.Nothing
            : now.Slug == then.Slug ? new Decision.Accepted(events)
            : new Decision.Accepted(events) { Claims = [ToolkitSlug.Claim(then.Slug)], Releases = [ToolkitSlug.Claim(now.Slug)] };
    }
}
