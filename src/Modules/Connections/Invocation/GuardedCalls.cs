using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>
/// Runs calls and requests to upstreams: one deadline over everything, and an outcome for whatever goes wrong. While the client is asked something on behalf of
/// the upstream the deadline rests: people read slower than machines answer.
/// </summary>
internal sealed class GuardedCalls(Deadlines deadlines, IOptions<CallsOptions> options)
{
    /// <summary>Runs a call.</summary>
    /// <param name="call">The call, with the client as it should see it and the token that ends it.</param>
    /// <param name="client">The client behind it.</param>
    /// <param name="cancellationToken">The caller gave up; only this leaves as an exception.</param>
    public async ValueTask<ToolOutcome> Run(Func<CallClient, CancellationToken, ValueTask<ToolOutcome>> call, CallClient client, CancellationToken cancellationToken)
    {
        var deadline = deadlines.Start(options.Value.Timeout);
        var asking = client.CanAsk ? new AskingClient(client, deadline, options.Value) : null;
        try
        {
            using var callerGone = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
            return await Guarded(call, asking ?? client, deadline, cancellationToken);
        }
        finally
        {
            asking?.End();
            deadlines.End(deadline);
        }
    }

    private async ValueTask<ToolOutcome> Guarded(
        Func<CallClient, CancellationToken, ValueTask<ToolOutcome>> call, CallClient client, CancellationTokenSource deadline, CancellationToken caller)
    {
        try
        {
            return await call(client, deadline.Token);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(caller);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return Failed("upstream_timeout", $"The upstream did not answer within {options.Value.Timeout.TotalSeconds:0.###} seconds.", retryable: true);
        }
        catch (McpFault fault)
        {
            return new ToolOutcome.Failed(fault.Error);
        }
        catch (EgressRefusedException refused)
        {
            return Failed("upstream_unavailable", refused.Message, retryable: false);
        }
        catch (HttpRequestException exception) when (exception.GetBaseException() is EgressRefusedException refused)
        {
            return Failed("upstream_unavailable", refused.Message, retryable: false);
        }
        catch (Exception exception) when (exception.GetBaseException() is EgressProxyException proxy)
        {
            return Failed("upstream_unavailable", proxy.Message, retryable: true);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            caller.ThrowIfCancellationRequested();
            return (exception as HttpRequestException)?.HttpRequestError switch
            {
                HttpRequestError.ConfigurationLimitExceeded => Failed("upstream_too_large", "The headers of the upstream's answer are too large.", retryable: false),
                HttpRequestError.InvalidResponse => Failed("invalid_upstream_output", "The upstream does not speak HTTP.", retryable: false),
                _ when exception is IOException => Failed("upstream_unavailable", "The upstream broke off its answer.", retryable: true),
                _ => Failed("upstream_unavailable", "The upstream cannot be reached.", retryable: true),
            };
        }
    }

    private static ToolOutcome.Failed Failed(string code, string message, bool retryable) => new(new ToolError(code, message, retryable));

    /// <summary>The client of one call: its answers take time that is not the upstream's.</summary>
    private sealed class AskingClient(CallClient client, CancellationTokenSource deadline, CallsOptions options) : CallClient(client.Caller)
    {
        private readonly Lock gate = new();
        private int asking;
        private bool over;

        public override string PoolKey => client.PoolKey;

        public override ReadOnlyMemory<byte> Capabilities => client.Capabilities;

        public override bool IsStateless => client.IsStateless;

        public override ReadOnlyMemory<byte> Params => client.Params;

        public override bool WantsProgress => client.WantsProgress;

        public override string? LogLevel => client.LogLevel;

        public override bool CanAsk => client.CanAsk;

        public override ReadOnlyMemory<byte> InputResponses => client.InputResponses;

        public override ReadOnlyMemory<byte> UpstreamState => client.UpstreamState;

        public override ValueTask Notify(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
            => client.Notify(method, parameters, cancellationToken);

        public override async ValueTask<ClientAnswer> Ask(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
        {
            Rest(+1);
            try
            {
                return await client.Ask(method, parameters, cancellationToken);
            }
            finally
            {
                Rest(-1);
            }
        }

        /// <summary>The call is over: its deadline may belong to another one from now on.</summary>
        public void End()
        {
            lock (gate)
            {
                over = true;
            }
        }

        private void Rest(int change)
        {
            lock (gate)
            {
                asking += change;
                if (!over)
                {
                    deadline.CancelAfter(asking > 0 ? options.AskTimeout : options.Timeout);
                }
            }
        }
    }
}
