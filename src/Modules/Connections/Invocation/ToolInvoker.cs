using System.Diagnostics;

namespace Toolgate.Connections;

/// <summary>Calls tools of every kind: prepared credentials, one deadline over everything, and an outcome for whatever goes wrong.</summary>
internal sealed class ToolInvoker(IEnumerable<IKindInvoker> kinds, BuiltinInvoker builtin, RenewingCalls renewing, GuardedCalls calls) : IToolInvoker
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
        return await renewing.Run(
            new ConnectionKey(tool.Owner, tool.Integration, tool.Connection), auth => kind.Invoke(tool, arguments, auth, client, cancellationToken), cancellationToken);
    }

    private IKindInvoker? FindKind(ToolBinding binding) => Array.Find(kinds, kind => kind.Handles(binding));
}
