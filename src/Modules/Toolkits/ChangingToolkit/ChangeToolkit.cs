using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Renames a toolkit, moves it to another URL, or changes how its tools are shown and named. What is not given stays.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Slug">Unique in the workspace; the old URL then answers 404.</param>
/// <param name="Surface"><c>direct</c> or <c>search</c>.</param>
/// <param name="Names"><c>address</c> or <c>upstream</c>.</param>
internal sealed record ChangeToolkit(string? Name, string? Slug, string? Surface = null, string? Names = null)
{
    internal sealed class Validator : AbstractValidator<ChangeToolkit>
    {
        public Validator()
        {
            RuleFor(c => c.Name).ToolkitName().When(c => c.Name is not null);
            RuleFor(c => c.Slug).Must(ToolkitSlug.IsValid).When(c => c.Slug is not null).WithErrorCode("invalid_slug").WithMessage(ToolkitInput.SlugFault);
            RuleFor(c => c.Surface).ToolkitSurface();
            RuleFor(c => c.Names).ToolkitNaming();
        }
    }

    public static void Map(IEndpointRouteBuilder group) => group.MapPatch("/{id}", Handle).WithName("updateToolkit").WithSummary("Changes a toolkit: its name, its slug, how its tools are shown and named.");

    private static async Task<Results<Ok<ToolkitDto>, ProblemResult>> Handle(
        string id, ChangeToolkit command, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, IReadModels models, ToolkitShow show,
        CancellationToken cancellationToken)
    {
        var written = await writes.Run(context, id, ifMatch, state => Decide(command, state, id), cancellationToken);
        return written.Row is { } row ? TypedResults.Ok(show.Of(row, context, models.Current)) : written.Problem;
    }

    public static Decision Decide(ChangeToolkit command, ToolkitState state, string id)
    {
        var events = new List<object>();
        if (command.Name?.Trim() is { } name && name != state.Name)
        {
            events.Add(new ToolkitRenamed(id, name));
        }

        events.AddRange(ToolkitInput.Settings(command.Surface, command.Names, state, id));
        if (command.Slug is not { } slug || slug == state.Slug)
        {
            return events.Count == 0 ? Decision.Nothing : Decision.Accept(events);
        }

        events.Add(new ToolkitSlugChanged(id, slug));
        return new Decision.Accepted(events) { Claims = [ToolkitSlug.Claim(slug)], Releases = [ToolkitSlug.Claim(state.Slug)] };
    }
}
