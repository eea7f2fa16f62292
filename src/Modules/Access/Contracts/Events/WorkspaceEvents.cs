namespace Toolgate.Access.Events;

/// <summary>The workspace of the deployment was made, on an empty database.</summary>
/// <param name="WorkspaceId"><c>ws_…</c>.</param>
/// <param name="CredentialSalt">Salt of every credential digest, base64; not a secret.</param>
public sealed record WorkspaceCreated(string WorkspaceId, string CredentialSalt);

/// <summary>A person or a service account became a member.</summary>
/// <param name="MemberId"><c>usr_…</c> or <c>svc_…</c>.</param>
/// <param name="Kind">Person or service.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Role">Its role.</param>
public sealed record MemberJoined(string MemberId, MemberKind Kind, string Name, Role Role);

/// <summary>A member got another name.</summary>
public sealed record MemberRenamed(string MemberId, string Name);

/// <summary>A member got another role; its credentials follow at once.</summary>
public sealed record MemberRoleChanged(string MemberId, Role Role);

/// <summary>A member left; every credential of it ended with this event.</summary>
public sealed record MemberRemoved(string MemberId);

/// <summary>An API key was issued. Its value was shown once and is not kept.</summary>
/// <param name="KeyId"><c>key_…</c>.</param>
/// <param name="MemberId">To whom it belongs.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Prefix">First characters of the value, for recognition.</param>
/// <param name="Digest">SHA-256 of salt and value, lower-case hex.</param>
/// <param name="Scopes">Scopes asked for; what holds is their intersection with what the member may.</param>
/// <param name="ExpiresAt">When it ends by itself, UTC; null for never.</param>
public sealed record ApiKeyIssued(string KeyId, string MemberId, string Name, string Prefix, string Digest, Scopes Scopes, DateTimeOffset? ExpiresAt);

/// <summary>An API key was revoked; everything opened with it ended with this event.</summary>
public sealed record ApiKeyRevoked(string KeyId);

/// <summary>Kinds of members.</summary>
public enum MemberKind
{
    /// <summary>A person.</summary>
    Person,

    /// <summary>A service account: only API keys, issued by admins.</summary>
    Service,
}
