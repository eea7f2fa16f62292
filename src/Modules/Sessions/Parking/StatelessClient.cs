using Toolgate.Access;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>The client behind a request of the stateless era (2026-07-28): what it can do it says with every request.</summary>
/// <param name="caller">Who asks.</param>
/// <param name="message">The request, as it was when the work began.</param>
/// <param name="reply">The answer of a request that cannot be parked; null for one that can.</param>
/// <param name="call">The request that can be parked; null for one that cannot.</param>
/// <param name="upstreamState">The state that the upstream gave, a JSON string; empty at the first try.</param>
/// <param name="approved">The approval that the request used in an earlier round; null for none.</param>
internal sealed class StatelessClient(
    Principal caller, McpMessage message, Reply? reply, ParkedCall? call, ReadOnlyMemory<byte> upstreamState, string? approved) : CallClient(caller)
{
    /// <summary>The approval that the request used in an earlier round, as its sealed state says; null for none.</summary>
    public string? Approved => approved;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Capabilities => message.MetaCapabilities;

    /// <inheritdoc/>
    public override bool IsStateless => true;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Params => message.Params;

    /// <inheritdoc/>
    public override bool WantsProgress => !message.ProgressToken.IsEmpty;

    /// <inheritdoc/>
    public override string? LogLevel => LogLevels.Knows(message.MetaLogLevel) ? message.MetaLogLevel : null;

    /// <inheritdoc/>
    public override bool CanAsk => call is not null;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> InputResponses => message.InputResponses;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> UpstreamState => upstreamState;

    /// <inheritdoc/>
    public override ValueTask Notify(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
    {
        // While nobody waits for the answer there is nobody to tell.
        var to = call is null ? reply : call.Reply;
        to?.Notify(method, parameters.Span, to.Message.MetaLogLevel);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Wait() => (call is null ? reply : call.Reply)?.Show();

    /// <inheritdoc/>
    public override ValueTask<ClientAnswer> Ask(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
        => call is null ? ValueTask.FromResult(Answers.NotDeclared(method)) : call.Ask(method, parameters, cancellationToken);
}
