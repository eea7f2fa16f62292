using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Describes a connection otherwise; null says nothing.</summary>
/// <param name="Description">What it is for.</param>
internal sealed record DescribeConnection(string? Description = null);

/// <summary>Rules of <see cref="DescribeConnection"/>.</summary>
internal sealed class DescribeConnectionValidator : AbstractValidator<DescribeConnection>
{
    public DescribeConnectionValidator() => RuleFor(command => command.Description).MaximumLength(DescribingRules.MaxDescription)
            .Must(DescribingRules.IsDescription).WithErrorCode("invalid_description").WithMessage(DescribingRules.DescriptionMessage);
}

/// <summary><c>PATCH /connections/{owner}/{integration}/{name}</c>.</summary>
internal static class DescribingConnection
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPatch(ListingConnections.One, Handle)
        .WithName("describeConnection").WithSummary("Changes the description of a connection.");

    /// <summary>The decision.</summary>
    public static Decision Decide(DescribeConnection command, Connection? state) => state switch
    {
        null => Refusals.NoConnection,
        _ when command.Description is null || command.Description == state.Description => Decision.Nothing,
        _ => Decision.Accept(new ConnectionDescribed(
            state.Key.Owner.Word, state.Key.Owner.Subject, state.Key.Integration, state.Key.Name, command.Description)),
    };

    private static async Task<Results<Ok<ConnectionBody>, ProblemResult>> Handle(
        string owner, string integration, string name, DescribeConnection command, IfMatch ifMatch, Commands commands, HttpContext context,
        CancellationToken cancellationToken)
    {
        var principal = context.Principal();
        if (commands.Visible(owner, integration, name, principal) is not { Connection.Key: var key })
        {
            return Problem.Of(Refusals.NoConnection);
        }

        if (!key.Owner.IsWritableBy(principal))
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var decided = await commands.OnConnection(key, state => Decide(command, state), context.Metadata(), ifMatch.Version, cancellationToken);
        return ListingConnections.Show(decided, key, commands, context);
    }
}
