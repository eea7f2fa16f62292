using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Answers from the read model.</summary>
internal sealed class Members : IMembers
{
    public bool Exists(ReadSnapshot snapshot, string memberId) => snapshot.Get<AccessState>().Members.ContainsKey(memberId);
}
