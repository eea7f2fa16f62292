using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Verifies credentials against the newest published state.</summary>
internal sealed class Credentials(IReadModels models, BrowserSessions browsers, IOptions<AccessOptions> options, TimeProvider time) : ICredentials
{
    private Seen? seen;

    public Principal? Anonymous { get; } = options.Value.Anonymous.Toolkits.Count == 0
        ? null
        : new Principal("anonymous", "Anonymous", Role.Member, Scopes.ToolsInvoke, "anonymous") { Kind = CredentialKind.Anonymous };

    public object Revision
    {
        get
        {
            var snapshot = models.Current;
            var now = new Seen(snapshot.Get<AccessState>(), snapshot.Get<GrantsState>().Endings);
            return seen == now ? seen : seen = now;
        }
    }

    public Principal? Verify(ReadOnlySpan<char> token)
    {
        var state = models.Current.Get<AccessState>();
        if (state.Index.Find(token) is { } found)
        {
            return IsLive(found.Key) ? found.Principal : null;
        }

        return token.StartsWith(GrantTokens.AccessPrefix, StringComparison.Ordinal)
            ? models.Current.Get<GrantsState>().Find(token, time.GetUtcNow())?.PrincipalAt(state)
            : null;
    }

    public Principal? Find(string credentialId)
    {
        if (Anonymous is { } anonymous && credentialId == anonymous.CredentialId)
        {
            return anonymous;
        }

        if (credentialId.StartsWith("ses_", StringComparison.Ordinal))
        {
            return browsers.Find(credentialId);
        }

        var state = models.Current.Get<AccessState>();
        if (credentialId.StartsWith("grt_", StringComparison.Ordinal))
        {
            return models.Current.Get<GrantsState>().Grants.TryGetValue(credentialId, out var grant) && grant.EndsAt > time.GetUtcNow() ? grant.PrincipalAt(state) : null;
        }

        return state.Keys.TryGetValue(credentialId, out var key) && IsLive(key) ? state.PrincipalOf(key) : null;
    }

    /// <summary>What <see cref="Revision"/> last stood for. Compared by the references in it.</summary>
    private sealed record Seen(AccessState Access, object Endings)
    {
        public bool Equals(Seen? other) => other is not null && ReferenceEquals(Access, other.Access) && ReferenceEquals(Endings, other.Endings);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(Access);
    }

    private bool IsLive(ApiKey key) => key.ExpiresAt is not { } end || end > time.GetUtcNow();
}
