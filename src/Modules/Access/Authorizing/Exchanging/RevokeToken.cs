using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>A client gives back what it holds (RFC 7009): with any token of a grant the grant ends. Answers the same whether there was anything to end.</summary>
internal sealed class RevokeToken(IEventStore store, IReadModels models, ClientDirectory clients, OAuthThrottle throttle, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapOpen("POST", "/revoke", Handle);

    public static Decision Decide(string clientId, string? family, GrantDecisionState state)
        => state.Given is { } given && !state.HasEnded && given.ClientId == clientId && (family is null || state.FamilyDigest == GrantTokens.Digest(family))
            ? Decision.Accept(new GrantEnded(given.GrantId, GrantEnding.ReturnedByClient))
            : Decision.Nothing;

    private async Task Handle(HttpContext context)
    {
        if (throttle.Token(context) is { } wait)
        {
            await OAuthThrottle.TooMany(context, wait);
            return;
        }

        if (await PageForm.Read(context, context.RequestAborted) is not { } form || form["token"] is not [{ Length: > 0 } token])
        {
            await OAuthFault.Invalid("The request is a form with the parameter token, once.").Write(context);
            return;
        }

        var (client, fault) = ClientAuthentication.Find(context, form, clients);
        if (fault is not null)
        {
            await fault.Write(context);
            return;
        }

        var (grantId, family) = GrantTokens.OfRefresh(token) is var (id, shared) ? (id, shared) : (models.Current.Get<GrantsState>().Find(token, time.GetUtcNow())?.Id, (string?)null);
        if (grantId is not null)
        {
            await store.Decide(
                GrantDecisionState.StreamOf(grantId), GrantDecisionState.StreamType, GrantDecisionState.Fold, folded => Decide(client!.Id, family, folded.State),
                EventMetadata.System, cancellationToken: context.RequestAborted);
        }

        await OAuthEndpoints.Json(context, StatusCodes.Status200OK, static _ => { });
    }
}
