namespace Toolgate.Connections;

/// <summary>
/// Runs what needs the credentials of a connection. A token that ended early, or a value that was replaced where it is kept, is replaced and the call sent once more: 401 says that nothing was carried out, so
/// that holds for any call. An upstream that wants more scopes than were granted ends in a link for a person.
/// </summary>
internal sealed class RenewingCalls(ConnectionAuth auths, ConnectLinks links, Commands commands)
{
    private const int Unauthorized = 401;

    /// <summary>Runs a call.</summary>
    /// <exception cref="McpFault">As <see cref="ConnectionAuth.Find"/> and the call itself, refused credentials excepted, which are an outcome.</exception>
    public async ValueTask<ToolOutcome> Run(ConnectionKey key, Func<PreparedAuth, ValueTask<ToolOutcome>> call, CancellationToken cancellationToken)
    {
        if (await auths.Find(key, cancellationToken) is not { } auth)
        {
            return new ToolOutcome.Failed(new ToolError("connection_missing", "The connection of this tool is gone or has no usable credentials.", Retryable: false));
        }

        if (!auth.MayRenew)
        {
            return await call(auth);
        }

        var token = auth.Token;
        var outcome = await Try(call, auth);
        if (outcome is ToolOutcome.Failed { Error: { Code: "connection_rejected", UpstreamStatus: Unauthorized } } && await auths.Renew(key, auth, token, cancellationToken) is { } renewed
            && IsOther(auth, token, renewed))
        {
            outcome = await Try(call, renewed);
        }

        return outcome is ToolOutcome.Failed failed && StepUp(key, failed.Error) is { } wanted ? new ToolOutcome.Failed(wanted) : outcome;
    }

    /// <summary>Reads something with the credentials; once more with others when these were refused.</summary>
    /// <exception cref="McpFault">As above, and for refused credentials.</exception>
    public async ValueTask<T?> Read<T>(ConnectionKey key, Func<PreparedAuth, ValueTask<T>> read, CancellationToken cancellationToken)
        where T : class
    {
        if (await auths.Find(key, cancellationToken) is not { } auth)
        {
            return null;
        }

        var token = auth.Token;
        try
        {
            return await Wanting(key, read, auth);
        }
        catch (McpFault fault) when (auth.MayRenew && fault.Error.UpstreamStatus == Unauthorized)
        {
            if (await auths.Renew(key, auth, token, cancellationToken) is not { } renewed || !IsOther(auth, token, renewed))
            {
                throw;
            }

            return await Wanting(key, read, renewed);
        }
    }

    private async ValueTask<T> Wanting<T>(ConnectionKey key, Func<PreparedAuth, ValueTask<T>> read, PreparedAuth auth)
    {
        try
        {
            return await read(auth);
        }
        catch (McpFault fault) when (StepUp(key, fault.Error) is { } wanted)
        {
            throw new McpFailureException(wanted);
        }
    }

    private ToolError? StepUp(ConnectionKey key, ToolError error)
        => error.Challenge is { Error: "insufficient_scope" } challenge && commands.State.Connection(key)?.Connection.Grant is { } grant
            ? links.StepUp(key, OAuthScopes.Union(grant.Scopes, challenge.Scope))
            : null;

    private static bool IsOther(PreparedAuth before, string? token, PreparedAuth now) => !ReferenceEquals(before, now) || now.Token != token;

    /// <summary>Sessions say by an exception what single requests say by their outcome.</summary>
    private static async ValueTask<ToolOutcome> Try(Func<PreparedAuth, ValueTask<ToolOutcome>> call, PreparedAuth auth)
    {
        try
        {
            return await call(auth);
        }
        catch (McpFault fault) when (fault.Error.Code == "connection_rejected")
        {
            return new ToolOutcome.Failed(fault.Error);
        }
    }
}
