using System.Diagnostics;

namespace Toolgate.Connections;

/// <summary>Calls tools of every kind: prepared credentials, one deadline over everything, and an outcome for whatever goes wrong.</summary>
internal sealed class ToolInvoker(IEnumerable<IKindInvoker> kinds, BuiltinInvoker builtin, ConnectionAuth auths, GuardedCalls calls) : IToolInvoker
{
    private readonly IKindInvoker[] kinds = [.. kinds];

    public IReadOnlyList<ArgumentFault> Check(Tool tool, ReadOnlyMemory<byte> arguments)
    {
        var faults = ToolSchemas.Check(tool.Definition, arguments);
        return faults.Count == 0 && FindKind(tool.Definition.Binding)?.Check(tool.Definition.Binding, arguments) is { } fault ? [fault] : faults;
    }

    public async ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, CallClient client, CancellationToken cancellationToken)
    {
        using var activity = ConnectionsTelemetry.Source.StartActivity("upstream call");
        activity?.SetTag("toolgate.address", tool.Address);
        var started = Stopwatch.GetTimestamp();
        var outcome = await calls.Run((client, deadline) => Call(tool, arguments, client, deadline), client, cancellationToken);
        var code = outcome is ToolOutcome.Failed failed ? failed.Error.Code : "answered";
        activity?.SetTag("toolgate.outcome", code);
        ConnectionsTelemetry.CallDuration.Record(
            Stopwatch.GetElapsedTime(started).TotalSeconds, new("toolgate.integration", tool.Integration), new("toolgate.outcome", code));
        return outcome;
    }

    private async ValueTask<ToolOutcome> Call(Tool tool, ReadOnlyMemory<byte> arguments, CallClient client, CancellationToken cancellationToken)
    {
        var binding = tool.Definition.Binding;
        if (binding is BuiltinBinding own)
        {
            return await builtin.Invoke(own, arguments, client.Caller, cancellationToken);
        }

        var kind = FindKind(binding) ?? throw new InvalidOperationException($"Nothing carries out calls of {binding.GetType().Name}.");
        var key = new ConnectionKey(tool.Owner, tool.Integration, tool.Connection);
        if (await auths.Find(key, cancellationToken) is not { } auth)
        {
            return Failed("connection_missing", "The connection of this tool is gone or has no usable credentials.", retryable: false);
        }

        var outcome = await kind.Invoke(tool, arguments, auth, client, cancellationToken);

        // A token that ended early, a value that was replaced where it is kept: 401 says that nothing was carried out, so any call may be sent once more.
        return auth.MayRenew && outcome is ToolOutcome.Failed { Error: { Code: "connection_rejected", UpstreamStatus: 401 } }
            && await auths.Renew(key, auth, cancellationToken) is { } renewed && !ReferenceEquals(renewed, auth)
            ? await kind.Invoke(tool, arguments, renewed, client, cancellationToken)
            : outcome;
    }

    private IKindInvoker? FindKind(ToolBinding binding) => Array.Find(kinds, kind => kind.Handles(binding));

    private static ToolOutcome.Failed Failed(string code, string message, bool retryable) => new(new ToolError(code, message, retryable));
}
