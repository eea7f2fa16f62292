using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>One run of one process: never reused, so that a restarted host is another node than the one that died.</summary>
internal sealed class Node
{
    /// <summary><c>node_…</c></summary>
    public string Id { get; } = Ids.New("node");
}
