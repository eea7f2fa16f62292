using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Verifies credentials against the newest published state.</summary>
internal sealed class Credentials(IReadModels models, BrowserSessions browsers, LastUse uses, IOptions<AccessOptions> options, TimeProvider time) : ICredentials
{
    private volatile Revised? revision;

    public Principal? Anonymous { get; } = options.Value.Anonymous.Toolkits.Count == 0
        ? null
        : new Principal("anonymous", "Anonymous", Role.Member, Scopes.ToolsInvoke, "anonymous") { Kind = CredentialKind.Anonymous };

    public object Revision
    {
        get
        {
            var (snapshot, last) = (models.Current, revision);
            var (access, signIns) = (snapshot.Get<AccessState>(), snapshot.Get<SignInsState>());
            return last is not null && ReferenceEquals(last.Access, access) && ReferenceEquals(last.SignIns, signIns) ? last : revision = new Revised(access, signIns);
        }
    }

    public DateTimeOffset? NextEnd
    {
        get
        {
            var (snapshot, now) = (models.Current, time.GetUtcNow());
            var ends = snapshot.Get<AccessState>().Keys.Values.Select(key => key.ExpiresAt).Concat(snapshot.Get<SignInsState>().SignIns.Values.Select(signIn => (DateTimeOffset?)signIn.ExpiresAt));
            return ends.Where(end => end > now).Min();
        }
    }

    public Principal? Verify(ReadOnlySpan<char> token)
    {
        if (models.Current.Get<AccessState>().Index.Find(token) is not { } found || !IsLive(found.Key))
        {
            return null;
        }

        uses.Note(found.Key.Id);
        return found.Principal;
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
        return state.Keys.TryGetValue(credentialId, out var key) && IsLive(key) ? state.PrincipalOf(key) : null;
    }

    private sealed record Revised(AccessState Access, SignInsState SignIns);

    private bool IsLive(ApiKey key) => key.ExpiresAt is not { } end || end > time.GetUtcNow();
}
