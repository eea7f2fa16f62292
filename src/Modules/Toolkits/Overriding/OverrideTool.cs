using System.Collections.Immutable;
using System.Text.Json;
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

/// <summary>
/// Shows one tool otherwise than its source defines it. The whole override is replaced. It never widens: it renames, describes, and takes parameters away;
/// what may be called, and whether somebody is asked, stays the matter of grants and policies.
/// </summary>
/// <param name="Name">Name in this toolkit, <c>[a-zA-Z0-9_-]{1,64}</c>.</param>
/// <param name="Title">At most 200 characters.</param>
/// <param name="Description">At most 8,000 characters.</param>
/// <param name="Hide">Parameters that callers neither see nor may send; one that the tool needs must be fixed.</param>
/// <param name="Fix">Parameters with the value that they have in every call; callers neither see nor may send them. Values are visible in the log: no secrets.</param>
internal sealed record OverrideTool(string? Name, string? Title, string? Description, IReadOnlyList<string>? Hide, IReadOnlyDictionary<string, JsonElement>? Fix)
{
    private const int MostParameters = 100;
    private const int MostFixedCharacters = 16_384;

    internal sealed class Validator : AbstractValidator<OverrideTool>
    {
        public Validator()
        {
            RuleFor(c => c.Name).Must(ToolNames.IsLegal).When(c => c.Name is not null)
                .WithErrorCode("invalid_name").WithMessage("A name is 1 to 64 letters, digits, dashes and underscores.");
            RuleFor(c => c.Name).Must(name => !ToolNames.Reserved.Contains(name!)).When(c => c.Name is not null)
                .WithErrorCode("reserved_name").WithMessage("Toolgate's own tools have that name.");
            RuleFor(c => c.Title).Must(IsText(200)).WithErrorCode("invalid_title").WithMessage("A title is 1 to 200 characters.").NoControlCharacters();
            RuleFor(c => c.Description).Must(IsText(8_000)).WithErrorCode("invalid_description").WithMessage("A description is 1 to 8000 characters.")
                .NoControlCharactersButLines();
            RuleFor(c => c.Hide).Must(hide => hide is null || (hide.Count <= MostParameters && hide.All(name => name is { Length: > 0 and <= 200 })
                    && hide.Distinct(StringComparer.Ordinal).Count() == hide.Count))
                .WithErrorCode("invalid_parameters").WithMessage($"hide lists at most {MostParameters} names of parameters, none of them twice.");
            RuleFor(c => c.Fix).Must(fix => fix is null || (fix.Count <= MostParameters && fix.Sum(pair => pair.Key.Length + pair.Value.GetRawText().Length) <= MostFixedCharacters))
                .WithErrorCode("too_large").WithMessage($"fix holds at most {MostParameters} parameters and {MostFixedCharacters} characters.");
            RuleFor(c => c.Fix).Must(fix => fix is null || fix.All(pair => !HoldsNul(pair.Key, pair.Value)))
                .WithErrorCode("control_character").WithMessage("A fixed value must not hold U+0000.");
            RuleFor(c => c).Must(c => c.Name is not null || c.Title is not null || c.Description is not null || c.Hide is { Count: > 0 } || c.Fix is { Count: > 0 })
                .WithErrorCode("nothing_overridden").WithMessage("Say at least one of name, title, description, hide and fix; DELETE takes an override back.");
        }

        private static Func<string?, bool> IsText(int most) => text => text is null || (text.Length <= most && !string.IsNullOrWhiteSpace(text));

        /// <summary>PostgreSQL's jsonb stores no NUL.</summary>
        private static bool HoldsNul(string key, JsonElement value) => key.Contains('\0') || value.GetRawText().Contains("\\u0000", StringComparison.Ordinal);
    }

    public static void Map(IEndpointRouteBuilder group) => group.MapPut("/{id}/overrides/{address}", Handle).WithName("overrideTool")
        .WithSummary("Renames or describes a tool in this toolkit, hides parameters or fixes their values.");

    private static async Task<Results<Created<OverrideDto>, Ok<OverrideDto>, ProblemResult>> Handle(
        string id, string address, OverrideTool command, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, IReadModels models, ToolViews views,
        ViewCompiler compiler, CancellationToken cancellationToken)
    {
        var snapshot = models.Current;
        if (snapshot.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        if (!row.Owner.IsWritableBy(context.Principal()))
        {
            return Problem.Of(RuleInput.AdminRequired);
        }

        var inputs = views.Inputs(snapshot, row, context.Principal());
        if (inputs.Tools().FirstOrDefault(tool => tool.Address == address) is not { } tool)
        {
            return Problem.Of(404, "tool_not_found", "There is no such tool.");
        }

        var said = command.For(address);
        if (ShapeCompiler.Of(said, tool.Definition).Faults is { Count: > 0 } faults)
        {
            return Problem.Of(422, "validation", "The override does not fit the tool.", faults);
        }

        var isNew = !row.Overrides.ContainsKey(address);
        var others = compiler.Decide(inputs).Where(listed => listed.Connects is null).Select(listed => listed.Tool).Where(listed => listed.Address != address).ToList();
        var taken = ToolNames.Natural(others, row.Names, row.BringYourOwn.Select(ConnectTools.NameOf)).Concat(others.Select(other => other.McpName)).ToHashSet(StringComparer.Ordinal);
        var written = await writes.Run(context, id, ifMatch, state => Decide(said, state, id, taken), cancellationToken);
        if (written.Row is not { } now || !now.Overrides.TryGetValue(address, out var kept))
        {
            return written.Problem;
        }

        var shown = OverrideDto.Of(now, kept, views.Inputs(models.Current, now, context.Principal()), compiler);
        return isNew && written.Changed ? TypedResults.Created($"/api/toolkits/{id}/overrides/{Uri.EscapeDataString(address)}", shown) : TypedResults.Ok(shown);
    }

    /// <summary>The override of this request.</summary>
    public ToolOverride For(string address) => new(address)
    {
        Name = Name,
        Title = Title?.Trim(),
        Description = Description?.Trim(),
        // A fixed parameter is hidden already.
        Hide = [.. (Hide ?? []).Where(name => Fix?.ContainsKey(name) != true).Order(StringComparer.Ordinal)],
        Fix = [.. (Fix ?? ImmutableDictionary<string, JsonElement>.Empty).OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => new FixedArgument(pair.Key, pair.Value))],
    };

    /// <summary>Whether the name is free among other overrides is known by the state alone; among the names of tools, by whoever saw the catalog.</summary>
    public static Decision Decide(ToolOverride said, ToolkitState state, string id, IReadOnlySet<string> taken)
    {
        if (state.Overrides.TryGetValue(said.Address, out var before) && before.Says(said))
        {
            return Decision.Nothing;
        }

        if (before is null && state.Overrides.Count >= ToolkitState.Most)
        {
            return Rejection.Conflict("too_many_overrides", $"A toolkit has at most {ToolkitState.Most} overrides.");
        }

        return said.Name is { } name && (taken.Contains(name) || state.BringYourOwn.Any(integration => ConnectTools.NameOf(integration) == name) || state.Overrides.Values.Any(other => other.Name == name && other.Address != said.Address))
            ? Rejection.Conflict("name_taken", $"Another tool of the toolkit is called '{name}'.", "/name")
            : Decision.Accept(new ToolOverridden(id, said.Address, said.Name, said.Title, said.Description, said.Hide, said.Fix));
    }
}
