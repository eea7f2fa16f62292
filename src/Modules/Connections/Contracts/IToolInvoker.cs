namespace Toolgate.Connections;

/// <summary>Carries out calls. Decides nothing: whoever calls it has decided and recorded.</summary>
public interface IToolInvoker
{
    /// <summary>Faults of the arguments against the tool's schema, empty when they are fine. Runs before anything is asked or sent.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="arguments">A JSON object, UTF-8, without duplicate keys at any level.</param>
    IReadOnlyList<ArgumentFault> Check(Tool tool, ReadOnlyMemory<byte> arguments);

    /// <summary>
    /// Calls the upstream within the deadline (<c>Toolgate:Calls:Timeout</c>, 60 s) and the response limit
    /// (<c>Toolgate:Calls:MaxResponseBytes</c>, 10 MiB). Everything that can go wrong is a <see cref="ToolOutcome.Failed"/>; only the caller's
    /// own cancellation throws.
    /// </summary>
    /// <param name="tool">The tool.</param>
    /// <param name="arguments">The bytes that were decided on; exactly these are sent.</param>
    /// <param name="client">The client behind the call; its credential never leaves.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, CallClient client, CancellationToken cancellationToken);
}

/// <summary>One fault of the arguments.</summary>
/// <param name="Pointer">JSON Pointer into the arguments.</param>
/// <param name="Code">Schema keyword that failed, such as <c>required</c>, <c>type</c>, <c>pattern</c>.</param>
/// <param name="Message">A sentence that helps an agent to correct the call; never a secret value.</param>
public sealed record ArgumentFault(string Pointer, string Code, string Message);

/// <summary>How a call ended.</summary>
public abstract record ToolOutcome
{
    private ToolOutcome() { }

    /// <summary>The upstream answered.</summary>
    /// <param name="Content">JSON array of MCP content blocks, UTF-8.</param>
    /// <param name="StructuredContent">JSON value, UTF-8; empty when there is none. Any value: older revisions take only objects.</param>
    public sealed record Answered(ReadOnlyMemory<byte> Content, ReadOnlyMemory<byte> StructuredContent) : ToolOutcome
    {
        /// <summary>What the upstream itself reported as an error (an MCP upstream's <c>isError</c>).</summary>
        public bool IsError { get; init; }

        /// <summary>HTTP status of the upstream, where it has one.</summary>
        public int? UpstreamStatus { get; init; }
    }

    /// <summary>An MCP upstream answered: its result goes to the client whole, whatever it holds.</summary>
    /// <param name="Result">The JSON-RPC <c>result</c>, a JSON object, byte for byte.</param>
    /// <param name="IsError">What the upstream itself reported as an error.</param>
    public sealed record Relayed(ReadOnlyMemory<byte> Result, bool IsError) : ToolOutcome;

    /// <summary>An MCP upstream of the stateless era needs something from a client of that era before it goes on (2026-07-28, "Multi Round-Trip Requests").</summary>
    /// <param name="Requests">Its <c>inputRequests</c>, a JSON object; empty when there are none.</param>
    /// <param name="State">Its <c>requestState</c>, a JSON string; empty when there is none.</param>
    public sealed record InputRequired(ReadOnlyMemory<byte> Requests, ReadOnlyMemory<byte> State) : ToolOutcome;

    /// <summary>An MCP upstream refused the request itself with a JSON-RPC error.</summary>
    /// <param name="Code">Its code.</param>
    /// <param name="Message">Its message, bounded, without the connection's secrets.</param>
    /// <param name="Data">Its <c>data</c>, a JSON value; empty when there is none.</param>
    public sealed record Rejected(int Code, string Message, ReadOnlyMemory<byte> Data) : ToolOutcome;

    /// <summary>It did not, or not usefully.</summary>
    /// <param name="Error">Which of the stable codes, and why.</param>
    public sealed record Failed(ToolError Error) : ToolOutcome;
}

/// <summary>A tool error of SEMANTICS "Results and error codes".</summary>
/// <param name="Code">Stable code.</param>
/// <param name="Message">A sentence; never a stack, a host path or a secret.</param>
/// <param name="Retryable">Whether the same call may succeed later.</param>
/// <param name="Details">JSON object with more, UTF-8; empty when there is none.</param>
public sealed record ToolError(string Code, string Message, bool Retryable, ReadOnlyMemory<byte> Details = default)
{
    /// <summary>HTTP status of the upstream, where it has one.</summary>
    public int? UpstreamStatus { get; init; }

    /// <summary>What the upstream asked for when it refused the credentials; null when it did not say.</summary>
    internal BearerChallenge? Challenge { get; init; }
}
