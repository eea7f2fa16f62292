namespace Toolgate.Connections;

/// <summary>An upstream did not answer usefully; what it becomes for the caller is known.</summary>
internal abstract class McpFault(ToolError error) : Exception(error.Message)
{
    /// <summary>The outcome.</summary>
    public ToolError Error => error;

    /// <summary>Whether the upstream as a whole seems to be down, rather than this one request refused.</summary>
    public bool IsOutage { get; init; }

    public static McpFault Garbage(string message) => new McpFailureException(new ToolError("invalid_upstream_output", message, Retryable: false));

    public static McpFault TooLarge(long limit) => new McpFailureException(new ToolError("upstream_too_large", $"The upstream's answer is larger than {limit} bytes.", Retryable: false));

    public static McpFault Unavailable(string message, bool retryable = true) => new McpFailureException(new ToolError("upstream_unavailable", message, retryable)) { IsOutage = true };

    public static McpFault Timeout(string message) => new McpFailureException(new ToolError("upstream_timeout", message, Retryable: true)) { IsOutage = true };
}

/// <summary>It failed, and trying another way would not help.</summary>
internal sealed class McpFailureException(ToolError error) : McpFault(error);

/// <summary>The session that a request was sent in does not exist any more: the request was not processed.</summary>
internal sealed class McpSessionLostException() : McpFault(new ToolError("upstream_unavailable", "The upstream ended the session.", Retryable: true));

/// <summary>The upstream does not speak the era in which it was addressed: the request was not processed.</summary>
/// <param name="said">The error that it answered with; nothing when it had none.</param>
internal sealed class McpEraException(RpcAnswer said = default)
    : McpFault(new ToolError("invalid_upstream_output", "The upstream does not speak a version of MCP that Toolgate speaks.", Retryable: false))
{
    /// <summary>The error that it answered with, for when it was not about the era after all.</summary>
    public RpcAnswer Said => said;
}
