using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>A call as it arrives, by MCP or REST.</summary>
/// <param name="Client">Who calls, verified, and the way back to them.</param>
/// <param name="View">What they may call.</param>
/// <param name="Tool">The tool in that view; null when the name means nothing there.</param>
/// <param name="Name">The name or address as sent.</param>
/// <param name="Arguments">The arguments as sent; empty for none.</param>
/// <param name="SessionId">Public identity of the session, where there is one.</param>
/// <param name="Era">Protocol revision, or <c>rest</c>.</param>
internal sealed record CallRequest(
    CallClient Client, ToolView View, ViewTool? Tool, string Name, ReadOnlyMemory<byte> Arguments, string? SessionId, string Era)
{
    /// <summary>Who calls.</summary>
    public Principal Caller => Client.Caller;

    /// <summary>Where the caller reaches this deployment, for links that a person opens; null where no link can be needed.</summary>
    public string? Origin { get; init; }

    /// <summary>The approval that the caller came back for by its id; null for a call that names its arguments.</summary>
    public Approval? Resumed { get; init; }
}

/// <summary>What became of a call.</summary>
internal enum CallEnd
{
    /// <summary>There is an outcome for the caller.</summary>
    Outcome,

    /// <summary>There is no such tool for this caller.</summary>
    Unknown,

    /// <summary>The call could not be recorded and was not carried out.</summary>
    NotRecorded,

    /// <summary>The caller gave up.</summary>
    Cancelled,
}

/// <summary>The end of a call and, where it has one, its outcome.</summary>
internal readonly record struct CallResult(CallEnd End, ToolOutcome? Outcome = null)
{
    /// <summary>The limit that refused it, where one did.</summary>
    public LimitRefusal? Limit { get; init; }

    /// <summary>The approval that carries a request which its upstream goes on with later; null for none.</summary>
    public string? Approval { get; init; }

    /// <summary>The name that was called, where it is not the one in the message.</summary>
    public string? Name { get; init; }
}
