namespace Toolgate.Sessions;

/// <summary>A session ended; its id is worth nothing from now on. Version 2 of its stream.</summary>
/// <param name="SessionId">Public identity, <c>ses_…</c>.</param>
/// <param name="Reason"><c>closed</c> by its client, <c>ended</c> over REST, <c>idle</c>, <c>evicted</c>, <c>credential_ended</c> or <c>toolkit_ended</c>.</param>
public sealed record SessionEnded(string SessionId, string Reason);
