using System.Diagnostics;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>Calls tools of every kind: prepared credentials, one deadline over everything, and an outcome for whatever goes wrong.</summary>
internal sealed class ToolInvoker(
    IEnumerable<IKindInvoker> kinds, BuiltinInvoker builtin, ConnectionAuth auths, Deadlines deadlines, IOptions<CallsOptions> options) : IToolInvoker
{
    private readonly IKindInvoker[] kinds = [.. kinds];

    public IReadOnlyList<ArgumentFault> Check(Tool tool, ReadOnlyMemory<byte> arguments) => ToolSchemas.Check(tool.Definition, arguments);

    public async ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, CallClient client, CancellationToken cancellationToken)
    {
        using var activity = ConnectionsTelemetry.Source.StartActivity("upstream call");
        activity?.SetTag("toolgate.address", tool.Address);
        var started = Stopwatch.GetTimestamp();
        var deadline = deadlines.Start(options.Value.Timeout);
        try
        {
            using var callerGone = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
            var outcome = await Guarded(tool, arguments, client, deadline, cancellationToken);
            var code = outcome is ToolOutcome.Failed failed ? failed.Error.Code : "answered";
            activity?.SetTag("toolgate.outcome", code);
            ConnectionsTelemetry.CallDuration.Record(
                Stopwatch.GetElapsedTime(started).TotalSeconds, new("toolgate.integration", tool.Integration), new("toolgate.outcome", code));
            return outcome;
        }
        finally
        {
            deadlines.End(deadline);
        }
    }

    /// <summary>Everything that can go wrong becomes an outcome; only the caller's own cancellation leaves as an exception.</summary>
    private async ValueTask<ToolOutcome> Guarded(
        Tool tool, ReadOnlyMemory<byte> arguments, CallClient client, CancellationTokenSource deadline, CancellationToken caller)
    {
        try
        {
            return await Call(tool, arguments, client, deadline.Token);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(caller);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return Failed("upstream_timeout", $"The upstream did not answer within {options.Value.Timeout.TotalSeconds:0.###} seconds.", retryable: true);
        }
        catch (EgressRefusedException refused)
        {
            return Failed("upstream_unavailable", refused.Message, retryable: false);
        }
        catch (HttpRequestException exception) when (exception.GetBaseException() is EgressRefusedException refused)
        {
            return Failed("upstream_unavailable", refused.Message, retryable: false);
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

    private async ValueTask<ToolOutcome> Call(Tool tool, ReadOnlyMemory<byte> arguments, CallClient client, CancellationToken cancellationToken)
    {
        var binding = tool.Definition.Binding;
        if (binding is BuiltinBinding own)
        {
            return await builtin.Invoke(own, arguments, client.Caller, cancellationToken);
        }

        var kind = Array.Find(kinds, kind => kind.Handles(binding)) ?? throw new InvalidOperationException($"Nothing carries out calls of {binding.GetType().Name}.");
        return await auths.Find(new ConnectionKey(tool.Owner, tool.Integration, tool.Connection), cancellationToken) is { } auth
            ? await kind.Invoke(tool, arguments, auth, client, cancellationToken)
            : Failed("connection_missing", "The connection of this tool is gone or has no usable credentials.", retryable: false);
    }

    private static ToolOutcome.Failed Failed(string code, string message, bool retryable) => new(new ToolError(code, message, retryable));
}
