using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>What came back from an authorization server with the browser.</summary>
/// <param name="State">Which authorization it ends.</param>
/// <param name="Code">The code; null for a refusal.</param>
/// <param name="Issuer">Who says to have issued it (RFC 9207).</param>
/// <param name="Error">The refusal (RFC 6749 section 4.1.2.1); null for none.</param>
internal sealed record AuthorizationResponse(string State, string? Code, string? Issuer, string? Error)
{
    /// <summary>Keeps code and state out of anything that prints them.</summary>
    public override string ToString() => nameof(AuthorizationResponse);
}

/// <summary>How an authorization ended.</summary>
/// <param name="Key">The connection that was made or repaired.</param>
/// <param name="Toolkit">The toolkit that the person came for; null for none.</param>
/// <param name="ToolCount">Tools that are reachable through it now.</param>
internal sealed record EndedAuthorization(ConnectionKey Key, string? Toolkit, int ToolCount);

/// <summary>
/// Begins and ends authorizations. Everything that the end needs (endpoints, issuer, client, resource, connection) is fixed at the beginning; what comes back is a
/// code and nothing else. It ends only for the principal that began it, signed in at this browser: a state alone could be sent to somebody else, whose
/// account would then serve the sender's connection.
/// </summary>
internal sealed class AuthorizationDesk(
    Commands commands, AuthorizationDiscovery discovery, UpstreamClients clients, PendingAuthorizations pending, TokenEndpoint endpoint, GrantStore grants,
    ConnectionCatalogs catalogs, IConfiguration configuration)
{
    /// <summary>Where authorization servers send browsers back to.</summary>
    public const string CallbackPath = "/api/oauth/callback";

    private const int MaxCode = 4_096;

    /// <summary>The redirect URL of this deployment.</summary>
    public string RedirectOf(HttpRequest request) => PublicOrigin.Of(request, configuration[PublicOrigin.Setting]) + CallbackPath;

    /// <summary>Begins one; exactly one of the two.</summary>
    public async Task<(StartedAuthorization? Started, Rejection? Rejection)> Begin(StartAuthorization command, HttpContext context, CancellationToken cancellationToken)
    {
        var principal = context.Principal();
        var key = new ConnectionKey(Owner.FromWord(command.Owner, principal)!.Value, command.Integration!, ConnectionName.Normalise(command.Name));
        if (!key.Owner.IsWritableBy(principal))
        {
            return (null, Refusals.AdminsOnly);
        }

        if (commands.State.Integration(key.Integration)?.Integration is not { } integration)
        {
            return (null, Rejection.Invalid("integration_not_found", $"There is no integration '{key.Integration}'.", "/integration"));
        }

        var existing = commands.State.Connection(key)?.Connection;
        var slug = command.Template ?? (existing is null ? null : TemplateOf(integration, existing.Template)?.Slug) ?? integration.Templates.FirstOrDefault(IsAuthorizable)?.Slug;
        if (slug is null || integration.Template(slug) is not { } template)
        {
            return (null, Rejection.Invalid("template_not_found", $"'{key.Integration}' has no auth template '{slug ?? "of kind oauth2"}'.", "/template"));
        }

        if (!IsAuthorizable(template))
        {
            return (null, Rejection.Invalid("template_unusable", $"A connection with the template '{slug}' is not authorized by a person.", "/template"));
        }

        try
        {
            var target = await discovery.Find(integration, template, cancellationToken);
            var redirect = RedirectOf(context.Request);
            var (client, clientId) = await clients.Choose(key.Integration, target.Server, redirect, context.Metadata(), cancellationToken);
            var (server, verifier) = (target.Server, AuthorizationCode.NewSecret());
            string[] scopes = command.Scopes is { Count: > 0 } chosen ? [.. chosen.Distinct(StringComparer.Ordinal)] : [.. target.Scopes];
            var state = await pending.Add(
                new PendingAuthorization
                {
                    Subject = key.Owner.Subject,
                    Integration = key.Integration,
                    Name = key.Name,
                    Description = command.Description ?? "",
                    Template = slug,
                    Issuer = server.Issuer,
                    IsStated = server.IsStated,
                    NamesItself = server.NamesItself,
                    TokenEndpoint = server.TokenEndpoint,
                    RefreshEndpoint = server.RefreshEndpoint,
                    RevocationEndpoint = server.RevocationEndpoint,
                    Client = client,
                    Resource = target.Resource,
                    Scopes = scopes,
                    Redirect = redirect,
                    Verifier = verifier,
                    Toolkit = command.Toolkit,
                },
                principal.Id, cancellationToken);
            var parameters = new List<KeyValuePair<string, string>>
            {
                new("response_type", "code"), new("client_id", clientId), new("redirect_uri", redirect), new("state", state),
                new("code_challenge", AuthorizationCode.ChallengeOf(verifier)), new("code_challenge_method", "S256"),
            };
            if (scopes.Length > 0)
            {
                parameters.Add(new("scope", string.Join(' ', scopes)));
            }

            if (target.Resource is { } resource)
            {
                parameters.Add(new("resource", resource));
            }

            return (new StartedAuthorization(OAuthUrls.With(server.AuthorizationEndpoint, parameters), state), null);
        }
        catch (OAuthFaultException fault)
        {
            return (null, Rejection.Invalid(fault.Code, fault.Message, "/integration"));
        }
    }

    /// <summary>Ends one.</summary>
    /// <exception cref="OAuthFaultException">It ends without a connection; the message is for the person.</exception>
    public async Task<EndedAuthorization> End(AuthorizationResponse response, HttpContext context, CancellationToken cancellationToken)
    {
        var principal = context.Principal();
        if (await pending.Take(response.State, principal.Id, cancellationToken) is not { } begun)
        {
            throw new OAuthFaultException("oauth_state_unknown", "This authorization was not begun by you, was used before, or took longer than 15 minutes. Begin it again.");
        }

        // RFC 9207 section 2.4: before anything else is believed, a refusal included.
        if (begun.IsStated && (response.Issuer is null ? begun.NamesItself : response.Issuer != begun.Issuer))
        {
            throw new OAuthFaultException("oauth_issuer_mismatch", "The answer did not come from the authorization server that was asked. Nothing was accepted.");
        }

        if (response.Error is not null || response.Code is not { Length: > 0 and <= MaxCode } code)
        {
            throw new OAuthFaultException("oauth_refused", "The authorization server sent no code.");
        }

        var key = new ConnectionKey(new Owner(begun.Subject), begun.Integration, begun.Name);
        if (!key.Owner.IsWritableBy(principal))
        {
            throw new OAuthFaultException("admin_required", Refusals.AdminsOnly.Detail);
        }

        var grant = Grant.Of(begun, await Exchange(begun, code, cancellationToken));
        return await Keep(key, begun, grant, context, cancellationToken);
    }

    private async Task<TokenSet> Exchange(PendingAuthorization begun, string code, CancellationToken cancellationToken)
    {
        if (await clients.ProofOf(begun.Client, cancellationToken) is not { } proof)
        {
            throw new OAuthFaultException("oauth_client_required", "The client that this authorization was begun with is gone. Begin it again.");
        }

        TokenOutcome outcome;
        try
        {
            outcome = await endpoint.Exchange(begun.TokenEndpoint, proof, code, begun.Redirect, begun.Verifier, begun.Resource);
        }
        catch (McpFault fault)
        {
            throw new OAuthFaultException("oauth_exchange_failed", fault.Message);
        }

        if (outcome.Error is "invalid_client" or "unauthorized_client")
        {
            await clients.Forget(begun.Client, cancellationToken);
        }

        return outcome.Tokens ?? throw new OAuthFaultException(
            "oauth_exchange_failed",
            outcome.Error == TokenOutcome.Unusable ? "The token endpoint answered with something that is no bearer token." : $"The token endpoint refused the code ({outcome.Error}).");
    }

    /// <summary>The same events as for pasted credentials, and what a person authorized behind them.</summary>
    private async Task<EndedAuthorization> Keep(ConnectionKey key, PendingAuthorization begun, Grant grant, HttpContext context, CancellationToken cancellationToken)
    {
        var secretId = SecretVault.NewId();
        var writes = grants.Create(secretId, grant);
        var decided = await commands.Linked(
            picture => commands.OnConnection(key, state => Decide(key, begun, secretId, grant, writes, picture, state), context.Metadata(), ifMatch: null, cancellationToken),
            cancellationToken);
        if (!decided.IsDone(out _, out var rejection))
        {
            throw new OAuthFaultException(rejection.Code, rejection.Detail);
        }

        if (commands.State.Integration(key.Integration)?.Integration is { } integration && catalogs.Has(integration))
        {
            // The connection stands whatever its upstream does: a catalog that cannot be read now is read later.
            await catalogs.Refresh(key, context.Metadata(), cancellationToken);
        }

        return new EndedAuthorization(key, begun.Toolkit, commands.State.Connection(key) is { } row ? commands.State.ToolCountOf(row.Connection) : 0);
    }

    /// <summary>The decision: a connection that exists gets other credentials, another one is made.</summary>
    public static Decision Decide(
        ConnectionKey key, PendingAuthorization begun, string secretId, Grant grant, IReadOnlyList<SideWrite> writes, ConnectionsState picture, Connection? state)
    {
        if (picture.Integration(key.Integration)?.Integration.Template(begun.Template) is not { } template)
        {
            return Rejection.Conflict("template_not_found", $"'{key.Integration}' has no auth template '{begun.Template}' any more.");
        }

        ImmutableArray<string> variables = [.. grant.Variables];
        var (word, subject) = (key.Owner.Word, key.Owner.Subject);
        var authorized = new ConnectionAuthorized(word, subject, key.Integration, key.Name, secretId, begun.Issuer, begun.Client, begun.Resource, [.. OAuthScopes.Split(grant.Scope)]);
        return state is null
            ? Decision.Accept(new ConnectionCreated(word, subject, key.Integration, key.Name, begun.Description, template.Slug, secretId, variables), authorized) with
            {
                Claims = [LinkNumber.Next(picture, key.Integration)],
                Alongside = writes,
            }
            : Decision.Accept(new ConnectionCredentialsReplaced(word, subject, key.Integration, key.Name, template.Slug, secretId, variables), authorized) with
            {
                Alongside = state.SecretId is { } old ? [.. writes, SecretVault.Destroy(old)] : writes,
            };
    }

    private static bool IsAuthorizable(AuthTemplate template) => AuthorizationCode.FlowOf(template) is not null;

    private static AuthTemplate? TemplateOf(Integration integration, string slug) => integration.Template(slug) is { } template && IsAuthorizable(template) ? template : null;
}
