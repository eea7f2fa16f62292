using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>
/// The client behind a call or a request: who it is, what it declared, and the way back to it while the call lasts. What is not overridden has no way back;
/// the MCP surface derives one for each protocol era. Nothing in it is a credential.
/// </summary>
/// <param name="caller">Who calls, from the verified credential alone.</param>
public abstract class CallClient(Principal caller)
{
    private static readonly byte[] Nothing = "{}"u8.ToArray();

    /// <summary>A caller that nothing can be told or asked: over REST, or a person who tries a connection.</summary>
    public static CallClient Silent(Principal caller) => new SilentClient(caller);

    /// <summary>Who calls.</summary>
    public Principal Caller => caller;

    /// <summary>Upstream MCP sessions are pooled by connection and this key, so that no two principals ever share one.</summary>
    public virtual string PoolKey => caller.Id;

    /// <summary>The client's <c>ClientCapabilities</c>, a JSON object exactly as declared; <c>{}</c> when it declared none.</summary>
    public virtual ReadOnlyMemory<byte> Capabilities => Nothing;

    /// <summary>Whether the client speaks 2026-07-28: what an upstream of that era needs from it is passed through, not asked.</summary>
    public virtual bool IsStateless => false;

    /// <summary>The whole <c>params</c> object of the request as sent, <c>_meta</c> and unknown members included; empty for REST.</summary>
    public virtual ReadOnlyMemory<byte> Params => default;

    /// <summary>Whether the client asked to be told of progress.</summary>
    public virtual bool WantsProgress => false;

    /// <summary>The least severe log level that the client wants with this request; null for none.</summary>
    public virtual string? LogLevel => null;

    /// <summary>Whether <see cref="Ask"/> reaches a client.</summary>
    public virtual bool CanAsk => false;

    /// <summary>The answers that a stateless client brings when it tries again, a JSON object; empty otherwise.</summary>
    public virtual ReadOnlyMemory<byte> InputResponses => default;

    /// <summary>The <c>requestState</c> that the upstream had given, a JSON string; empty when it gave none, or at the first try.</summary>
    public virtual ReadOnlyMemory<byte> UpstreamState => default;

    /// <summary>
    /// Tells the client something while the call lasts. Progress carries no token here: the client's own is put in. What the client did not ask for is
    /// dropped, and so is what comes after the call has ended.
    /// </summary>
    /// <param name="method"><c>notifications/progress</c>, <c>notifications/message</c> or <c>notifications/elicitation/complete</c>.</param>
    /// <param name="parameters">The notification's <c>params</c>, a JSON object.</param>
    /// <param name="cancellationToken">The call is over.</param>
    public virtual ValueTask Notify(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Says that the answer takes long: it becomes a stream that is kept alive, so that nobody between takes the silence for death.</summary>
    public virtual void Wait()
    {
    }

    /// <summary>
    /// Asks the client something and waits for its answer. A client that cannot be asked, or did not declare the capability, answers with an error.
    /// </summary>
    /// <param name="method"><c>elicitation/create</c>, <c>sampling/createMessage</c> or <c>roots/list</c>.</param>
    /// <param name="parameters">The request's <c>params</c>, a JSON object; empty for none.</param>
    /// <param name="cancellationToken">The call is over.</param>
    public virtual ValueTask<ClientAnswer> Ask(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
        => ValueTask.FromResult(new ClientAnswer(default, """{"code":-32601,"message":"The client cannot be asked."}"""u8.ToArray()));

    private sealed class SilentClient(Principal caller) : CallClient(caller);
}

/// <summary>What a client answered: exactly one of the two.</summary>
/// <param name="Result">The result, a JSON object.</param>
/// <param name="Error">The JSON-RPC error, a JSON object.</param>
public readonly record struct ClientAnswer(ReadOnlyMemory<byte> Result, ReadOnlyMemory<byte> Error);
