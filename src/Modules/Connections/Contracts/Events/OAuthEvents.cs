using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>A client of an authorization server was registered, by hand or dynamically (RFC 7591). Stream <c>upstream-client-{id}</c>.</summary>
/// <param name="Id"><c>oac_…</c>, derived from what it is for: registering the same again replaces it.</param>
/// <param name="Issuer">The authorization server that it is bound to; it is used with no other.</param>
/// <param name="Integration">The only integration that uses it; null for all whose authorization server this is.</param>
/// <param name="ClientId">Its identifier, which is no secret.</param>
/// <param name="SecretId">Row of <c>toolgate.secrets</c> that holds its sealed secret; null for a public client.</param>
/// <param name="AuthMethod">How it proves itself: <c>client_secret_basic</c>, <c>client_secret_post</c> or <c>none</c>.</param>
/// <param name="RedirectUri">The redirect that it was registered with dynamically; null for one that was registered by hand.</param>
/// <param name="ExpiresAt">When its secret ends, UTC; null for never.</param>
public sealed record UpstreamClientRegistered(
    string Id, string Issuer, string? Integration, string ClientId, string? SecretId, string AuthMethod, string? RedirectUri, DateTimeOffset? ExpiresAt);

/// <summary>A client of an authorization server was removed and its secret destroyed. Stream <c>upstream-client-{id}</c>.</summary>
/// <param name="Id"><c>oac_…</c>.</param>
public sealed record UpstreamClientRemoved(string Id);

/// <summary>
/// A person authorized a connection at an authorization server; always behind the event that gave it its secret. Stream
/// <c>connection-{owner}-{integration}-{name}</c>.
/// </summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="OwnerSubject">The account that it belongs to; null for the workspace.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Its name.</param>
/// <param name="SecretId">Row of <c>toolgate.secrets</c> that holds its tokens, which are renewed in place.</param>
/// <param name="Issuer">The authorization server.</param>
/// <param name="Client">The client that was used: <c>oac_…</c>, or the URL of this deployment's client metadata document.</param>
/// <param name="Resource">The resource indicator that was sent; null for none.</param>
/// <param name="Scopes">The scopes that were granted.</param>
public sealed record ConnectionAuthorized(
    string Owner, string? OwnerSubject, string Integration, string Name, string SecretId, string Issuer, string Client, string? Resource, ImmutableArray<string> Scopes);

/// <summary>
/// The authorization of a connection ended: its calls are refused until a person authorizes it again. Stream
/// <c>connection-{owner}-{integration}-{name}</c>.
/// </summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="OwnerSubject">The account that it belongs to; null for the workspace.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Its name.</param>
/// <param name="SecretId">Whose tokens are worth nothing.</param>
/// <param name="Reason">
/// <c>invalid_grant</c> or another code of the authorization server's refusal, <c>expired</c> when the token ended and nothing renews it, <c>client_missing</c> when
/// the client that it was authorized with is gone.
/// </param>
public sealed record ConnectionReauthorizationRequired(string Owner, string? OwnerSubject, string Integration, string Name, string SecretId, string Reason);
