using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// Keeps the tokens of connections fresh: 60 seconds before their end one host renews them, stores what it got, and only then uses it. A refusal ends the
/// authorization, once, by an event; what may pass is tried again by the next call.
/// <code>
/// fresh ────────────────────────────────────────────────────────────────► use it
/// due, another host's turn ─ not over yet ──────────────────────────────► use it
///                          └ over ─ wait ─► look again
/// due, our turn ─► token endpoint ─ tokens ─► store (with the turn) ────► use them
///                                ├ refused ─► reauth_required
///                                └ no answer ─ not over yet ────────────► use the old one
/// </code>
/// </summary>
internal sealed partial class GrantRenewal(
    GrantStore store, TokenEndpoint endpoint, UpstreamClients clients, Commands commands, ConnectLinks links, TimeProvider time, ILogger<GrantRenewal> logger)
{
    private const int StoreAttempts = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StorePause = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the turn of others is waited for before that is said.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    /// <summary>This process, in the rows of its turns.</summary>
    private readonly string holder = AuthorizationCode.NewSecret();

    /// <summary>Tokens that can be used now; null when they were destroyed.</summary>
    /// <param name="connection">The connection, which was authorized by a person.</param>
    /// <param name="refused">An access token that the upstream did not take, and that must not be given again; null when it is not known that any was refused.</param>
    /// <exception cref="McpFault">There are none: a person must authorize it again, or the token endpoint does not answer.</exception>
    public async Task<Grant?> Obtain(Connection connection, string? refused)
    {
        var secret = connection.SecretId!;
        var began = time.GetTimestamp();
        while (true)
        {
            if (await store.Read(secret, CancellationToken.None) is not { } grant)
            {
                return null;
            }

            if (IsFresh(grant, refused))
            {
                return grant;
            }

            if (grant.RefreshToken is null)
            {
                return await WithoutRefresh(connection, grant, refused);
            }

            if (await store.Take(secret, holder) is { } generation)
            {
                return await InTurn(connection, generation, refused);
            }

            if (grant.AccessToken != refused && !grant.IsOver(time.GetUtcNow()))
            {
                return grant;
            }

            if (time.GetElapsedTime(began) > Patience)
            {
                throw McpFault.Unavailable("The tokens of this connection are being renewed and the authorization server does not answer.");
            }

            await Task.Delay(Pause, time);
        }
    }

    /// <summary>Gives the tokens of a connection back, as far as the server takes them. Never throws.</summary>
    public async Task Revoke(Grant grant)
    {
        if (grant.Revocation is { } url && await clients.ProofOf(grant.Client, CancellationToken.None) is { } proof)
        {
            // A refresh token takes the access tokens that came of it with it (RFC 7009 section 2.1).
            await endpoint.Revoke(url, proof, grant.RefreshToken ?? grant.AccessToken, grant.RefreshToken is null ? "access_token" : "refresh_token");
        }
    }

    private bool IsFresh(Grant grant, string? refused) => grant.AccessToken != refused && !(grant.RenewAt <= time.GetUtcNow());

    private async Task<Grant> WithoutRefresh(Connection connection, Grant grant, string? refused)
    {
        if (grant.IsOver(time.GetUtcNow()))
        {
            throw await End(connection, "expired");
        }

        // One upstream's 401 is no word of the authorization server: the connection is not ended by it, but this call is.
        return grant.AccessToken == refused ? throw links.Fault(connection.Key) : grant;
    }

    private async Task<Grant?> InTurn(Connection connection, long generation, string? refused)
    {
        var secret = connection.SecretId!;
        var isOurs = true;
        try
        {
            // Between the look and the turn another host may have renewed them.
            if (await store.Read(secret, CancellationToken.None) is not { RefreshToken: { } refresh } grant)
            {
                return null;
            }

            if (IsFresh(grant, refused))
            {
                return grant;
            }

            if (await clients.ProofOf(grant.Client, CancellationToken.None) is not { } proof)
            {
                throw await End(connection, "client_missing");
            }

            TokenOutcome outcome;
            try
            {
                outcome = await endpoint.Refresh(grant.Endpoint, proof, refresh, grant.Resource);
            }
            catch (McpFault) when (grant.AccessToken != refused && !grant.IsOver(time.GetUtcNow()))
            {
                return grant;
            }

            if (outcome.Tokens is not { } tokens)
            {
                return await Refused(connection, grant, outcome.Error!);
            }

            var next = grant.Next(tokens);
            isOurs = false;
            if (await Store(secret, generation, next))
            {
                return next;
            }

            // Another host took the turn over, or the connection was removed while the server was asked: then nobody will use these.
            if (await store.Read(secret, CancellationToken.None) is { } others)
            {
                return others;
            }

            await Revoke(next);
            return null;
        }
        finally
        {
            if (isOurs)
            {
                await store.Release(secret, holder);
            }
        }
    }

    private async Task<Grant> Refused(Connection connection, Grant grant, string error)
    {
        if (error is "invalid_client" or "unauthorized_client")
        {
            await clients.Forget(grant.Client, CancellationToken.None);
        }

        // RFC 6749 section 5.2: these say that asking again will not help; anything else is a mistake that may be corrected at the server.
        throw error is "invalid_grant" or "invalid_client" or "unauthorized_client"
            ? await End(connection, error)
            : new McpFailureException(new ToolError("oauth_refresh_failed", "The token endpoint refused to renew the tokens of this connection, or answered with something that is no bearer token.", Retryable: false));
    }

    /// <summary>The refresh token that was spent is worth nothing any more: what came in its place is stored before anything else is done.</summary>
    private async Task<bool> Store(string secret, long generation, Grant next)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await store.Renew(secret, generation, next);
            }
            catch (NpgsqlException) when (attempt < StoreAttempts)
            {
                await Task.Delay(StorePause * attempt, time);
            }
            catch (NpgsqlException exception)
            {
                Log.NotStored(logger, exception, secret);
                throw McpFault.Unavailable("Renewed tokens could not be stored.");
            }
        }
    }

    private async Task<McpFault> End(Connection connection, string reason)
    {
        await commands.OnConnection(connection.Key, state => Decide(connection.SecretId!, reason, state), EventMetadata.System, ifMatch: null, CancellationToken.None);
        Log.Ended(logger, connection.Key.Address, reason);
        return links.Fault(connection.Key);
    }

    /// <summary>The decision: one event for the tokens that are worth nothing, however many calls notice.</summary>
    public static Decision Decide(string secretId, string reason, Connection? state) => state is { Grant: { IsEnded: false } } && state.SecretId == secretId
        ? Decision.Accept(new ConnectionReauthorizationRequired(state.Key.Owner.Word, state.Key.Owner.Subject, state.Key.Integration, state.Key.Name, secretId, reason))
        : Decision.Nothing;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Renewed tokens of secret {SecretId} could not be stored: its connection will have to be authorized again")]
        public static partial void NotStored(ILogger logger, Exception exception, string secretId);

        [LoggerMessage(2, LogLevel.Information, "Connection {Address} must be authorized again: {Reason}")]
        public static partial void Ended(ILogger logger, string address, string reason);
    }
}
