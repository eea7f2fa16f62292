using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>
/// Grants a toolkit the tools that a pattern matches. A pattern for personal connections is accepted in a shared toolkit too: it exposes nothing there
/// (<c>personal_in_shared</c>), and the effective tools say so.
/// </summary>
/// <param name="Pattern">Which tools, normally <c>integration.owner.connection.*</c>.</param>
internal sealed record GrantConnection(string? Pattern)
{
    internal sealed class Validator : AbstractValidator<GrantConnection>
    {
        public Validator() => RuleFor(c => c.Pattern).ValidPattern(required: true);
    }

    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/{id}/connections", Handle).WithName("grantConnection")
        .WithSummary("Grants a pattern; granting the same one twice gives the first grant.");

    private static async Task<Results<Created<GrantDto>, Ok<GrantDto>, ProblemResult>> Handle(
        string id, GrantConnection command, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, CancellationToken cancellationToken)
    {
        var grantId = Ids.New("tkconn");
        var written = await writes.Run(context, id, ifMatch, state => Decide(command, state, id, grantId), cancellationToken);
        if (written.Row is not { } row || row.Grants.FirstOrDefault(grant => grant.Grant.Pattern.Text == command.Pattern) is not { } granted)
        {
            return written.Problem;
        }

        var shown = GrantDto.Of(row, granted);
        return written.Changed ? TypedResults.Created($"/api/toolkits/{id}/connections/{shown.Id}", shown) : TypedResults.Ok(shown);
    }

    public static Decision Decide(GrantConnection command, ToolkitState state, string id, string grantId)
    {
        if (state.Grants.Any(grant => grant.Pattern.Text == command.Pattern))
        {
            return Decision.Nothing;
        }

        return state.Grants.Length >= ToolkitState.Most
            ? Rejection.Conflict("too_many_connections", $"A toolkit has at most {ToolkitState.Most} grants.")
            : Decision.Accept(new ConnectionGranted(id, grantId, command.Pattern!, FractionalKey.Between(state.Grants.LastOrDefault()?.Position, null)));
    }
}
