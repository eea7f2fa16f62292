using System.Security.Cryptography;
using System.Text;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>One run of one process: never reused, so that a restarted host is another node than the one that died.</summary>
internal sealed class Node
{
    /// <summary><c>node_…</c></summary>
    public string Id { get; }

    /// <summary>A short form of it, letters and digits, for ids that clients bring back to the node that made them.</summary>
    public string Mark { get; }

    public Node()
    {
        Id = Ids.New("node");
        Mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Id)).AsSpan(0, 5)) + ".";
    }
}
