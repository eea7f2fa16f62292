using Microsoft.AspNetCore.Http;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>What every write to an existing toolkit does around its decision.</summary>
internal sealed class ToolkitWrites(IEventStore store, IReadModels models)
{
    public static Rejection NotFound { get; } = Rejection.NotFound("toolkit_not_found", "There is no such toolkit.");

    /// <summary>
    /// Carries out a decision on a toolkit that the caller sees (else 404) and may write (else 403), states position and version, and gives the
    /// toolkit as this node now shows it; null when it is gone.
    /// </summary>
    public async Task<Written> Run(
        HttpContext context, string id, IfMatch ifMatch, Func<ToolkitState, Decision> decide, CancellationToken cancellationToken)
    {
        if (models.Current.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return new Written(null, null, false, Problem.Of(NotFound));
        }

        if (!row.Owner.IsWritableBy(context.Principal()))
        {
            return new Written(null, null, false, Problem.Of(RuleInput.AdminRequired));
        }

        var decided = await store.Decide(
            ToolkitState.StreamOf(id), ToolkitState.StreamType, ToolkitState.Fold, folded => folded.State.Exists ? decide(folded.State) : NotFound,
            context.Metadata(), ifMatch.Version, taken => ToolkitSlug.Taken(taken.Claim.Name), cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return new Written(null, null, false, Problem.Of(rejection));
        }

        context.Wrote(done);
        var now = models.Current.Get<ToolkitBook>().Find(id, context.Principal());
        if (now is not null)
        {
            // What is shown and its version come from one snapshot, so that a later If-Match speaks about what the client saw.
            context.Read(now.Version);
        }

        return new Written(now, done.State, done.Changed, null);
    }

    /// <summary>How a write ended.</summary>
    /// <param name="Row">The toolkit now; null when it is gone or the write was refused.</param>
    /// <param name="State">State that the decision left; null when it was refused.</param>
    /// <param name="Changed">Whether anything was written.</param>
    /// <param name="Refusal">Why it was refused.</param>
    public readonly record struct Written(ToolkitRow? Row, ToolkitState? State, bool Changed, ProblemResult? Refusal)
    {
        /// <summary>The refusal, or 404 for what was removed between the write and the look at it.</summary>
        public ProblemResult Problem => Refusal ?? Rest.Problem.Of(NotFound);
    }
}
