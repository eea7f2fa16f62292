using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Gives out tokens: for a code, or for a refresh token (OAuth 2.1 section 3.2).</summary>
internal sealed class TokenEndpoint(
    IEventStore store, IReadModels models, ClientDirectory clients, OAuthThrottle throttle, PublicAddress address, IOptions<AccessOptions> options, TimeProvider time)
{
    private static readonly string[] Once = ["grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "resource"];

    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapOpen("POST", "/token", Handle);

    private async Task Handle(HttpContext context)
    {
        if (throttle.Token(context) is { } wait)
        {
            await OAuthThrottle.TooMany(context, wait);
            return;
        }

        if (await PageForm.Read(context, context.RequestAborted) is not { } form)
        {
            await OAuthFault.Invalid("The request is a form: application/x-www-form-urlencoded.").Write(context);
            return;
        }

        if (Once.FirstOrDefault(name => form[name].Count > 1) is { } twice)
        {
            await (twice == "resource" ? OAuthFault.Target : OAuthFault.Invalid($"The parameter {twice} is given more than once.")).Write(context);
            return;
        }

        var (client, fault) = ClientAuthentication.Find(context, form, clients);
        if (fault is not null)
        {
            await fault.Write(context);
            return;
        }

        string? path = null;
        if (form["resource"] is [{ } resource] && (path = ResourceIndicator.PathOf(resource, address.Of(context.Request))) is null)
        {
            await OAuthFault.Target.Write(context);
            return;
        }

        await (form["grant_type"].ToString() switch
        {
            "authorization_code" => Redeem(context, form, client!, path),
            "refresh_token" => Refresh(context, form, client!, path),
            "" => OAuthFault.Invalid("grant_type is missing.").Write(context),
            _ => new OAuthFault("unsupported_grant_type", "grant_type is authorization_code or refresh_token.").Write(context),
        });
    }

    private Task Redeem(HttpContext context, IFormCollection form, Client client, string? path)
    {
        var code = form["code"].ToString();
        if (GrantTokens.GrantOfCode(code) is not { } grantId)
        {
            return OAuthFault.Grant.Write(context);
        }

        var tokens = NewTokens.For(grantId, null, options.Value.OAuth);
        var command = new RedeemCode(client.Id, code, form["redirect_uri"] is [{ Length: > 0 } redirect] ? redirect : null, form["code_verifier"], path);
        return Issue(context, grantId, tokens, form["scope"], (state, now) => command.Decide(state, tokens, now));
    }

    private Task Refresh(HttpContext context, IFormCollection form, Client client, string? path)
    {
        // The grant's stream does not tell that its person, its client or all of the person's grants are gone.
        var token = form["refresh_token"].ToString();
        if (GrantTokens.OfRefresh(token) is not var (grantId, family) || !models.Current.Get<GrantsState>().Grants.ContainsKey(grantId))
        {
            return OAuthFault.Grant.Write(context);
        }

        var tokens = NewTokens.For(grantId, family, options.Value.OAuth);
        var command = new RefreshTokens(client.Id, token, family, path);
        return Issue(context, grantId, tokens, form["scope"], (state, now) => command.Decide(state, tokens, now));
    }

    private async Task Issue(HttpContext context, string grantId, NewTokens tokens, string? scope, Func<GrantDecisionState, DateTimeOffset, Decision> decide)
    {
        var now = time.GetUtcNow();
        var decided = await store.Decide(
            GrantDecisionState.StreamOf(grantId), GrantDecisionState.StreamType, GrantDecisionState.Fold, folded => decide(folded.State, now) is var decision && decision is Decision.Accepted { Events: [GrantTokensIssued] } ? ScopeFault(folded.State, scope) ?? decision : decision,
            EventMetadata.System, cancellationToken: context.RequestAborted);
        if (!decided.IsDone(out var done, out var rejection))
        {
            await new OAuthFault(rejection.Code, rejection.Detail).Write(context);
            return;
        }

        // A decision that ended the grant was carried out, too; and the person may have gone meanwhile.
        if (done.State.HasEnded || models.Current.Get<GrantsState>().Find(tokens.Access, now)?.PrincipalAt(models.Current.Get<AccessState>()) is null)
        {
            await OAuthFault.Grant.Write(context);
            return;
        }

        var given = done.State.Given!;
        await OAuthEndpoints.Json(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("access_token"u8, tokens.Access);
            json.WriteString("token_type"u8, "Bearer"u8);
            json.WriteNumber("expires_in"u8, (long)tokens.AccessLife.TotalSeconds);
            json.WriteString("scope"u8, string.Join(' ', given.Scopes));
            if (given.Refreshes)
            {
                json.WriteString("refresh_token"u8, tokens.Refresh);
            }
        });
    }

    /// <summary>A client may repeat the scopes that it was given. Others, or fewer, take the person again.</summary>
    private static Decision? ScopeFault(GrantDecisionState state, string? scope)
    {
        if (string.IsNullOrEmpty(scope) || state.Given is not { } given)
        {
            return null;
        }

        var asked = GrantScopes.Parse(scope);
        return !asked.IsEmpty && GrantScopes.Of(asked) == GrantScopes.Of(given.Scopes)
            ? null
            : (Decision)Rejection.Invalid("invalid_scope", $"The scopes of this grant are {string.Join(' ', given.Scopes)}. Ask the person again for others.");
    }
}
