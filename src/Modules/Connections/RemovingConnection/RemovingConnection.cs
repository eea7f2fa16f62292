using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary><c>DELETE /connections/{owner}/{integration}/{name}</c>: its secret is destroyed in the same transaction.</summary>
internal static class RemovingConnection
{
    public static void Map(IEndpointRouteBuilder group) => group.MapDelete(ListingConnections.One, Handle)
        .WithName("removeConnection").WithSummary("Removes a connection and destroys its secret.");

    /// <summary>The decision.</summary>
    public static Decision Decide(Connection? state) => state is null
        ? Refusals.NoConnection
        : Decision.Accept(new ConnectionRemoved(state.Key.Owner.Word, state.Key.Owner.Subject, state.Key.Integration, state.Key.Name)) with
        {
            Alongside = state.SecretId is { } secret ? [SecretVault.Destroy(secret)] : [],
        };

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string owner, string integration, string name, IfMatch ifMatch, Commands commands, GrantStore grants, GrantRenewal renewal, HttpContext context, CancellationToken cancellationToken)
    {
        var principal = context.Principal();
        if (commands.Visible(owner, integration, name, principal) is not { Connection: { Key: var key } connection })
        {
            return Problem.Of(Refusals.NoConnection);
        }

        if (!key.Owner.IsWritableBy(principal))
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        // Read while it can be: afterwards nobody has the tokens to give back.
        var grant = connection is { Grant: not null, SecretId: { } secret } ? await grants.Read(secret, cancellationToken) : null;
        var decided = await commands.OnConnection(key, Decide, context.Metadata(), ifMatch.Version, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        if (grant is not null)
        {
            // The connection is gone whatever its authorization server says, and nobody waits for it.
            _ = renewal.Revoke(grant);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }
}
