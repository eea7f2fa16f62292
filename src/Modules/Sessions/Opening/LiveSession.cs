using System.Collections.Immutable;

namespace Toolgate.Sessions;

/// <summary>A session as the log knows it.</summary>
/// <param name="Id">Public identity, <c>ses_…</c>.</param>
/// <param name="PrincipalId">Who may use it.</param>
/// <param name="CredentialId">With which credential.</param>
/// <param name="Toolkit">Slug of its toolkit; null for the default resource.</param>
/// <param name="ToolkitId">Identity of its toolkit.</param>
/// <param name="ProtocolVersion">The negotiated revision.</param>
/// <param name="ClientName">What the client calls itself.</param>
/// <param name="ClientVersion">Its version.</param>
/// <param name="Capabilities">Declared capabilities.</param>
/// <param name="OpenedAt">When.</param>
/// <param name="Position">Position of its opening in the log.</param>
/// <param name="EndedAt">When it ended; null while it is live.</param>
/// <param name="EndReason">Why it ended.</param>
internal sealed record LiveSession(
    string Id, string PrincipalId, string CredentialId, string? Toolkit, string? ToolkitId, string ProtocolVersion, string? ClientName,
    string? ClientVersion, ImmutableArray<string> Capabilities, DateTimeOffset OpenedAt, long Position, DateTimeOffset? EndedAt = null, string? EndReason = null)
{
    /// <summary>The session that an event opened.</summary>
    public static LiveSession From(SessionOpened e, DateTimeOffset at, long position) => new(
        e.SessionId, e.PrincipalId, e.CredentialId, e.Toolkit, e.ToolkitId, e.ProtocolVersion, e.ClientName, e.ClientVersion, [.. e.Capabilities], at, position);
}

/// <summary>All live sessions of the deployment, and those that ended last.</summary>
/// <param name="Live">By public identity.</param>
/// <param name="Recent">Ended ones, newest last.</param>
/// <param name="RecentCount">How many those are.</param>
/// <param name="Ended">How many have ever ended: changes exactly when one ends.</param>
internal sealed record SessionsState(ImmutableDictionary<string, LiveSession> Live, ImmutableQueue<LiveSession> Recent, int RecentCount, long Ended)
{
    /// <summary>How many ended sessions are remembered.</summary>
    public const int Remembered = 500;

    /// <summary>No session yet.</summary>
    public static SessionsState None { get; } = new(ImmutableDictionary.Create<string, LiveSession>(StringComparer.Ordinal), [], 0, 0);

    /// <summary>After one more was opened.</summary>
    public SessionsState With(LiveSession session) => this with { Live = Live.SetItem(session.Id, session) };

    /// <summary>After one has ended.</summary>
    public SessionsState Without(string id, string reason, DateTimeOffset at)
    {
        if (!Live.TryGetValue(id, out var session))
        {
            return this;
        }

        var recent = Recent.Enqueue(session with { EndedAt = at, EndReason = reason });
        var full = RecentCount == Remembered;
        return new SessionsState(Live.Remove(id), full ? recent.Dequeue() : recent, full ? Remembered : RecentCount + 1, Ended + 1);
    }
}
