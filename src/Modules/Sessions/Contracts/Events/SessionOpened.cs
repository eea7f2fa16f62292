namespace Toolgate.Sessions;

/// <summary>A client opened a session by <c>initialize</c>. Stream <c>session-{sessionId}</c>, version 1.</summary>
/// <param name="SessionId">Public identity, <c>ses_…</c>: a digest of the id that the client holds, which is in no event.</param>
/// <param name="PrincipalId">Who opened it; nobody else may use it.</param>
/// <param name="CredentialId">With which credential; it ends with it.</param>
/// <param name="Toolkit">Slug of the toolkit that it is bound to; null for the default resource.</param>
/// <param name="ToolkitId">Identity of that toolkit: one made later under the same slug is another.</param>
/// <param name="ProtocolVersion">The negotiated revision.</param>
/// <param name="ClientName">What the client calls itself, bounded.</param>
/// <param name="ClientVersion">Its version as it says, bounded.</param>
/// <param name="Capabilities">Capabilities that it declared, such as <c>elicitation</c>, sorted.</param>
/// <param name="NodeId">The node that opened it.</param>
public sealed record SessionOpened(
    string SessionId, string PrincipalId, string CredentialId, string? Toolkit, string? ToolkitId, string ProtocolVersion, string? ClientName,
    string? ClientVersion, IReadOnlyList<string> Capabilities, string NodeId);
