using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Creates a toolkit. It grants nothing yet.</summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Slug">From the name when not given.</param>
/// <param name="Surface"><c>direct</c> (when not given) or <c>search</c>.</param>
/// <param name="Names"><c>address</c> (when not given) or <c>upstream</c>.</param>
internal sealed record CreateToolkit(string? Owner, string? Name, string? Slug, string? Surface = null, string? Names = null)
{
    internal sealed class Validator : AbstractValidator<CreateToolkit>
    {
        public Validator()
        {
            RuleFor(c => c.Owner).Must(o => o is "org" or "user").WithErrorCode("invalid_owner").WithMessage("owner must be org or user.");
            RuleFor(c => c.Name).ToolkitName();
            RuleFor(c => c.Slug).Must(ToolkitSlug.IsValid).When(c => c.Slug is not null).WithErrorCode("invalid_slug").WithMessage(ToolkitInput.SlugFault);
            RuleFor(c => c.Slug).Must((c, _) => c.Name is null || ToolkitSlug.From(c.Name).Length > 0).When(c => c.Slug is null)
                .WithErrorCode("slug_needed").WithMessage("The name gives no slug: give one.");
            RuleFor(c => c.Surface).ToolkitSurface();
            RuleFor(c => c.Names).ToolkitNaming();
        }
    }

    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/", Handle).WithName("createToolkit").WithSummary("Creates a toolkit.");

    private static async Task<Results<Created<ToolkitDto>, ProblemResult>> Handle(
        CreateToolkit command, HttpContext context, IEventStore store, IReadModels models, ToolkitShow show, CancellationToken cancellationToken)
    {
        var owner = Access.Owner.FromWord(command.Owner, context.Principal())!.Value;
        if (!owner.IsWritableBy(context.Principal()))
        {
            return Problem.Of(RuleInput.AdminRequired);
        }

        var id = Ids.New("tk");
        var decided = await store.Decide(
            ToolkitState.StreamOf(id), ToolkitState.StreamType, ToolkitState.Fold, _ => Decide(command, owner, id), context.Metadata(),
            nameTaken: taken => ToolkitSlug.Taken(taken.Claim.Name), cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        var snapshot = models.Current;
        if (snapshot.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        context.Read(row.Version);
        return TypedResults.Created("/api/toolkits/" + id, show.Of(row, context, snapshot));
    }

    /// <summary>The id is new, so there is no state to look at; the claim decides who gets the slug.</summary>
    public static Decision Decide(CreateToolkit command, Owner owner, string id)
    {
        var slug = command.Slug ?? ToolkitSlug.From(command.Name!);
        var created = new ToolkitCreated(id, owner.Subject, slug, command.Name!.Trim());
        return new Decision.Accepted([created, .. ToolkitInput.Settings(command.Surface, command.Names, ToolkitState.None, id)]) { Claims = [ToolkitSlug.Claim(slug)] };
    }
}

/// <summary>What requests about toolkits have in common.</summary>
internal static class ToolkitInput
{
    public const string SlugFault = "A slug is 1 to 63 lower-case letters, digits and dashes, and neither begins nor ends with a dash.";

    /// <summary>1 to 100 characters that can be shown on one line.</summary>
    public static IRuleBuilderOptions<T, string?> ToolkitName<T>(this IRuleBuilder<T, string?> rule)
        => rule.Must(name => !string.IsNullOrWhiteSpace(name) && name.Trim().Length <= 100 && !name.Any(char.IsControl))
            .WithErrorCode("invalid_name").WithMessage("A name is 1 to 100 characters without control characters.");

    /// <summary>422 <c>not_supported</c> for a surface that is foreseen, <c>invalid_surface</c> for one that is not.</summary>
    public static IRuleBuilderOptions<T, string?> ToolkitSurface<T>(this IRuleBuilder<T, string?> rule)
        => rule.Must(text => text != "code").WithErrorCode("not_supported").WithMessage("The surface code is not supported yet; direct and search are.")
            .Must(text => text is null or "code" || SurfaceOf(text) is not null).WithErrorCode("invalid_surface").WithMessage("surface must be direct or search.");

    /// <summary>422 <c>invalid_names</c>.</summary>
    public static IRuleBuilderOptions<T, string?> ToolkitNaming<T>(this IRuleBuilder<T, string?> rule)
        => rule.Must(text => text is null || NamingOf(text) is not null).WithErrorCode("invalid_names").WithMessage("names must be address or upstream.");

    /// <summary>Events for the settings that are given and other than they were.</summary>
    public static IEnumerable<object> Settings(string? surface, string? names, ToolkitState state, string id)
    {
        if (SurfaceOf(surface) is { } newSurface && newSurface != state.Surface)
        {
            yield return new ToolkitSurfaceChanged(id, newSurface);
        }

        if (NamingOf(names) is { } newNames && newNames != state.Names)
        {
            yield return new ToolkitNamesChanged(id, newNames);
        }
    }

    private static ToolSurface? SurfaceOf(string? text) => text switch { "direct" => ToolSurface.Direct, "search" => ToolSurface.Search, _ => null };

    private static ToolNaming? NamingOf(string? text) => text switch { "address" => Toolkits.ToolNaming.Address, "upstream" => Toolkits.ToolNaming.Upstream, _ => null };
}
