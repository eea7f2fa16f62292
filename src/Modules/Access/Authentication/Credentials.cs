using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Verifies credentials against the newest published state.</summary>
internal sealed class Credentials(IReadModels models, BrowserSessions browsers, ExternalTokens external, LastUse uses, IOptions<AccessOptions> options, TimeProvider time) : ICredentials
{
    private volatile Revised? revision;

    public Principal? Anonymous { get; } = options.Value.Anonymous.Toolkits.Count == 0
        ? null
        : new Principal("anonymous", "Anonymous", Role.Member, Scopes.ToolsInvoke, "anonymous") { Kind = CredentialKind.Anonymous };

    public IReadOnlyList<string> Issuers { get; } = [.. options.Value.OAuth.Issuers.Select(issuer => issuer.Issuer)];

    public object Revision
    {
        get
        {
            var (snapshot, last) = (models.Current, revision);
            var (access, signIns, grants, others) = (snapshot.Get<AccessState>(), snapshot.Get<SignInsState>(), snapshot.Get<GrantsState>().Endings, external.Revision);
            return last is not null && ReferenceEquals(last.Access, access) && ReferenceEquals(last.SignIns, signIns) && ReferenceEquals(last.Grants, grants)
                && ReferenceEquals(last.External, others)
                ? last
                : revision = new Revised(access, signIns, grants, others);
        }
    }

    public DateTimeOffset? NextEnd
    {
        get
        {
            var (snapshot, now) = (models.Current, time.GetUtcNow());
            var ends = snapshot.Get<AccessState>().Keys.Values.Select(key => key.ExpiresAt)
                .Concat(snapshot.Get<SignInsState>().SignIns.Values.Select(signIn => (DateTimeOffset?)signIn.ExpiresAt))
                .Concat(snapshot.Get<GrantsState>().Grants.Values.Select(grant => (DateTimeOffset?)grant.EndsAt))
                .Concat(external.Ends.Select(end => (DateTimeOffset?)end));
            return ends.Where(end => end > now).Min();
        }
    }

    public Principal? Verify(ReadOnlySpan<char> token)
    {
        var state = models.Current.Get<AccessState>();
        if (state.Index.Find(token) is { } found)
        {
            if (!IsLive(found.Key))
            {
                return null;
            }

            uses.Note(found.Key.Id);
            return found.Principal;
        }

        return token.StartsWith(GrantTokens.AccessPrefix, StringComparison.Ordinal)
            ? models.Current.Get<GrantsState>().Find(token, time.GetUtcNow())?.PrincipalAt(state)
            : external.Verify(token, state);
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

        if (credentialId.StartsWith("ext_", StringComparison.Ordinal))
        {
            return external.Find(credentialId, state);
        }

        return state.Keys.TryGetValue(credentialId, out var key) && IsLive(key) ? state.PrincipalOf(key) : null;
    }

    private sealed record Revised(AccessState Access, SignInsState SignIns, object Grants, object External);

    private bool IsLive(ApiKey key) => key.ExpiresAt is not { } end || end > time.GetUtcNow();
}
