using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>What other modules ask about members.</summary>
public interface IMembers
{
    /// <summary>Whether <paramref name="memberId"/> is a member at a snapshot.</summary>
    bool Exists(ReadSnapshot snapshot, string memberId);
}
