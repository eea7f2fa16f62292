using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>What is asked for.</summary>
internal enum OfferKind
{
    /// <summary>The contents of a resource.</summary>
    Resource,

    /// <summary>A prompt with its arguments filled in.</summary>
    Prompt,
}

/// <summary>A request for a resource or a prompt as it arrives.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Client">Who asks, verified, and the way back to them.</param>
/// <param name="View">What they may ask for.</param>
/// <param name="Item">What the name stands for in that view; null when it means nothing there.</param>
/// <param name="Name">The URI or name as sent.</param>
/// <param name="Arguments">The arguments as sent; empty for none.</param>
/// <param name="SessionId">Public identity of the session, where there is one.</param>
/// <param name="Era">Protocol revision.</param>
internal sealed record OfferRequest(
    OfferKind Kind, CallClient Client, ToolView View, ViewItem? Item, string Name, ReadOnlyMemory<byte> Arguments, string? SessionId, string Era)
{
    /// <summary>Who asks.</summary>
    public Principal Caller => Client.Caller;
}
