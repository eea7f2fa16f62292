namespace Toolgate.Access.Events;

/// <summary>A member got the e-mail address with which it signs in. The address is unique in the workspace.</summary>
/// <param name="MemberId">The member.</param>
/// <param name="Email">The address, in lower case.</param>
public sealed record MemberEmailChanged(string MemberId, string Email);

/// <summary>A member is a person at an OpenID Connect provider from here on, and signs in there.</summary>
/// <param name="MemberId">The member.</param>
/// <param name="Issuer">The provider.</param>
/// <param name="Subject">The provider's name for the person, which never changes hands.</param>
public sealed record MemberIdentityLinked(string MemberId, string Issuer, string Subject);

/// <summary>
/// A member got a password; its hash is in <c>toolgate.passwords</c> and never here. Every sign-in of the member ended with this event but the one that is named.
/// </summary>
/// <param name="MemberId">The member.</param>
/// <param name="KeptSignIn">The sign-in that goes on, <c>ses_…</c>; null for none.</param>
public sealed record PasswordChanged(string MemberId, string? KeptSignIn);

/// <summary>A single-use link was issued: to set up the deployment, to join, or to set a password anew. Its value was shown once and is not kept.</summary>
/// <param name="LinkId"><c>lnk_…</c>.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="MemberId">The member that it is for; null for an invite.</param>
/// <param name="Role">The role that an invited person gets.</param>
/// <param name="Email">The only address that may use an invite; null for any.</param>
/// <param name="Digest">SHA-256 of salt and value, lower-case hex.</param>
/// <param name="ExpiresAt">When it ends by itself, UTC; null for never.</param>
/// <param name="IssuedBy">The member who asked for it, without whom it is worth nothing; null when Toolgate itself made it.</param>
public sealed record AccessLinkIssued(
    string LinkId, LinkPurpose Purpose, string? MemberId, Role Role, string? Email, string Digest, DateTimeOffset? ExpiresAt, string? IssuedBy = null);

/// <summary>A link was withdrawn before anybody used it, or lost what it stood on: its issuer's role, its member's role or password.</summary>
public sealed record AccessLinkRevoked(string LinkId);

/// <summary>A link was used; it is worth nothing from here on.</summary>
/// <param name="LinkId">The link.</param>
/// <param name="MemberId">Who used it.</param>
public sealed record AccessLinkUsed(string LinkId, string MemberId);

/// <summary>A person signed in at the console. Stream <c>sign-in-{id}</c>.</summary>
/// <param name="SignInId"><c>ses_…</c>.</param>
/// <param name="MemberId">Who.</param>
/// <param name="Digest">SHA-256 of the cookie's 256 random bits, lower-case hex.</param>
/// <param name="ExpiresAt">When it ends by itself, UTC.</param>
/// <param name="Address">Network address it came from.</param>
/// <param name="UserAgent">What the browser called itself, at most 200 characters.</param>
/// <param name="PasswordAt">
/// Position of the <see cref="PasswordChanged"/> whose password was checked; when a later one stands before this event in the log, the sign-in was over before it
/// began. Null when no password was.
/// </param>
/// <param name="Device">SHA-256 of the cookie by which this browser is known to the account from here on, lower-case hex; null for none.</param>
public sealed record SignInStarted(
    string SignInId, string MemberId, string Digest, DateTimeOffset ExpiresAt, string Address, string UserAgent, long? PasswordAt = null, string? Device = null);

/// <summary>A sign-in was ended by the person.</summary>
/// <param name="SignInId">The sign-in.</param>
/// <param name="MemberId">Whose.</param>
public sealed record SignInEnded(string SignInId, string MemberId);

/// <summary>What a link is for.</summary>
public enum LinkPurpose
{
    /// <summary>The first person of a new deployment becomes its owner.</summary>
    Setup,

    /// <summary>Somebody joins.</summary>
    Invite,

    /// <summary>A member sets its password anew.</summary>
    Reset,
}
