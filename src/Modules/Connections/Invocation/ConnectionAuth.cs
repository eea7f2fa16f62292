using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// Prepared credentials by connection. Opened on first use, kept while the connection and its integration are the very same, forgotten as soon
/// as this node sees that the connection is gone or has others.
/// </summary>
internal sealed partial class ConnectionAuth : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private readonly IReadModels models;
    private readonly IEventStore store;
    private readonly SecretVault vault;
    private readonly SecretReferences references;
    private readonly ILogger<ConnectionAuth> logger;
    private readonly ClientCredentials tokens;
    private readonly GrantRenewal renewal;
    private readonly ConnectLinks links;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<ConnectionKey, Entry> prepared = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<PreparedAuth?>>> obtaining = new();
    private ConnectionsState? seen;

    public ConnectionAuth(
        IReadModels models, IEventStore store, SecretVault vault, SecretReferences references, ClientCredentials tokens, GrantRenewal renewal, ConnectLinks links,
        TimeProvider time, ILogger<ConnectionAuth> logger)
    {
        this.renewal = renewal;
        this.links = links;
        this.store = store;
        this.references = references;
        this.tokens = tokens;
        this.time = time;
        this.models = models;
        this.vault = vault;
        this.logger = logger;
        models.Published += OnPublished;
    }

    /// <summary>The credentials of a connection; null when it has none that could be used: gone, destroyed, or without its template.</summary>
    /// <exception cref="McpFault">They cannot be made ready now, or a person must authorize the connection again.</exception>
    public ValueTask<PreparedAuth?> Find(ConnectionKey key, CancellationToken cancellationToken)
    {
        var state = models.Current.Get<ConnectionsState>();
        if (state.Connection(key) is not { } row || state.Integration(key.Integration) is not { } integration)
        {
            return default;
        }

        if (row.Connection.Grant is { IsEnded: true })
        {
            return ValueTask.FromException<PreparedAuth?>(links.Fault(key));
        }

        if (!prepared.TryGetValue(key, out var entry) || entry.Until <= time.GetUtcNow())
        {
            return new ValueTask<PreparedAuth?>(Prepare(key, row, integration, cancellationToken));
        }

        if (ReferenceEquals(entry.Row, row) && ReferenceEquals(entry.Integration, integration))
        {
            return new ValueTask<PreparedAuth?>(entry.Auth);
        }

        if (!entry.HoldsFor(row, integration))
        {
            return new ValueTask<PreparedAuth?>(Prepare(key, row, integration, cancellationToken));
        }

        // A description or a catalog changed: whoever holds on to these credentials (a session with an upstream) may go on.
        prepared.TryUpdate(key, entry with { Row = row, Integration = integration }, entry);
        return new ValueTask<PreparedAuth?>(entry.Auth);
    }

    /// <summary>
    /// Credentials in place of those that the upstream did not take: another token, or what is found now where values are kept. The very same, with the same token,
    /// when nothing changed there; null when there are none. Callers that ask at once share one answer.
    /// </summary>
    /// <param name="key">The connection.</param>
    /// <param name="refused">The credentials that were used.</param>
    /// <param name="token">The token that they held then: another caller may have renewed it since.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    /// <exception cref="McpFault">As <see cref="Find"/>.</exception>
    public async ValueTask<PreparedAuth?> Renew(ConnectionKey key, PreparedAuth refused, string? token, CancellationToken cancellationToken)
    {
        var state = models.Current.Get<ConnectionsState>();
        if (state.Connection(key) is { Connection: { Grant.IsEnded: false, SecretId: { } secret } } row && state.Integration(key.Integration) is { } integration)
        {
            return refused.Token != token ? refused : await Shared(key, row, integration, secret, token).WaitAsync(cancellationToken);
        }

        if (prepared.TryGetValue(key, out var entry) && ReferenceEquals(entry.Auth, refused))
        {
            references.Forget(entry.Row.Connection.References);
            prepared.TryUpdate(key, entry with { Until = DateTimeOffset.MinValue }, entry);
        }

        return await Find(key, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => models.Published -= OnPublished;

    private async Task<PreparedAuth?> Prepare(ConnectionKey key, ConnectionRow row, IntegrationRow integration, CancellationToken cancellationToken)
    {
        while (true)
        {
            PreparedAuth? auth;
            if (row.Connection is { Grant: not null, SecretId: { } granted })
            {
                auth = await Shared(key, row, integration, granted, refused: null).WaitAsync(cancellationToken);
            }
            else if (integration.Integration.Template(row.Connection.Template) is { } template)
            {
                auth = await Prepare(key, row, integration, template, cancellationToken);
            }
            else
            {
                return null;
            }

            if (auth is not null || row.Connection.SecretId is not { } secret)
            {
                return auth;
            }

            // Its secret may have been destroyed because there is another one, of which this node had not heard yet: it has once it saw the whole log.
            await models.WaitFor(await store.Head(cancellationToken), cancellationToken);
            var state = models.Current.Get<ConnectionsState>();
            if (state.Connection(key) is not { } now || state.Integration(key.Integration) is not { } source || now.Connection.SecretId == secret)
            {
                Log.Unreadable(logger, secret);
                return null;
            }

            (row, integration) = (now, source);
        }
    }

    private async Task<PreparedAuth?> Prepare(
        ConnectionKey key, ConnectionRow row, IntegrationRow integration, AuthTemplate template, CancellationToken cancellationToken)
    {
        if (ClientCredentials.FlowOf(template) is { } flow && row.Connection.SecretId is { } client)
        {
            // Whoever comes meanwhile waits for the same token; that one of them gives up ends it for nobody else.
            var flight = obtaining.GetOrAdd(client, _ => new Lazy<Task<PreparedAuth?>>(() => Obtain(key, row, integration, template, flow, client)));
            return await flight.Value.WaitAsync(cancellationToken);
        }

        var isReferenced = !row.Connection.References.IsEmpty;
        return await Open(row, template, cancellationToken) is var (values, until) && PreparedAuth.Of(template, values, isReferenced) is { } auth
            ? Keep(key, new Entry(row, integration, auth) { Until = until, Values = isReferenced ? values : null })
            : null;
    }

    /// <summary>Whoever comes meanwhile waits for the same tokens; that one of them gives up ends it for nobody else.</summary>
    private Task<PreparedAuth?> Shared(ConnectionKey key, ConnectionRow row, IntegrationRow integration, string secret, string? refused)
        => obtaining.GetOrAdd(secret, _ => new Lazy<Task<PreparedAuth?>>(() => Granted(key, row, integration, secret, refused))).Value;

    private async Task<PreparedAuth?> Granted(ConnectionKey key, ConnectionRow row, IntegrationRow integration, string secret, string? refused)
    {
        try
        {
            if (await renewal.Obtain(row.Connection, refused) is not { } grant)
            {
                return null;
            }

            // The object stays while the connection is the same: sessions with an upstream hold on to it.
            var auth = prepared.TryGetValue(key, out var before) && before.Row.Connection.SecretId == secret ? before.Auth : PreparedAuth.Bearer(grant.AccessToken, grant.RefreshToken);
            auth.Renew(grant.AccessToken);
            return Keep(key, new Entry(row, integration, auth) { Until = UntilOf(grant) });
        }
        finally
        {
            obtaining.TryRemove(secret, out _);
        }
    }

    /// <summary>When the vault is looked into again: another host may have renewed the tokens, and one that could not be renewed in time is tried again soon.</summary>
    private DateTimeOffset? UntilOf(Grant grant) => grant.RenewAt is { } due && due <= time.GetUtcNow() ? time.GetUtcNow() + Soon : grant.RenewAt;

    private async Task<PreparedAuth?> Obtain(ConnectionKey key, ConnectionRow row, IntegrationRow integration, AuthTemplate template, AuthFlow flow, string secret)
    {
        try
        {
            if (await Client(row, template) is not var (id, word))
            {
                return null;
            }

            AccessToken token;
            try
            {
                token = await tokens.Obtain(flow, id, word);
            }
            catch (McpFault fault) when (fault.Error.Code == ClientCredentials.RefusedCode && !row.Connection.References.IsEmpty)
            {
                // The client's secret may have been replaced where it is kept; the same one is not tried again.
                references.Forget(row.Connection.References);
                if (await Client(row, template) is not var (newId, newWord) || (newId, newWord) == (id, word))
                {
                    throw;
                }

                (token, word) = (await tokens.Obtain(flow, newId, newWord), newWord);
            }

            return Keep(key, new Entry(row, integration, PreparedAuth.Bearer(token.Value, word)) { Until = token.Until });
        }
        finally
        {
            obtaining.TryRemove(secret, out _);
        }
    }

    private async Task<(string Id, string Secret)?> Client(ConnectionRow row, AuthTemplate template)
        => await Open(row, template, CancellationToken.None) is var (values, _)
            && values.TryGetValue(ClientCredentials.ClientId, out var id) && values.TryGetValue(ClientCredentials.ClientSecret, out var secret)
            ? (id, secret)
            : null;

    private PreparedAuth Keep(ConnectionKey key, Entry entry)
    {
        // Values that were read again and are the same stay the same credentials: sessions with the upstream go on, and of two who prepare at once both get one.
        var kept = prepared.AddOrUpdate(key, entry, (_, old) => entry.IsSameAs(old) ? entry with { Auth = old.Auth } : entry);

        // It may have been forgotten while it was being opened: what was kept after that must not stay.
        Forget(models.Current.Get<ConnectionsState>());
        return kept.Auth;
    }

    /// <summary>The values of a connection and until when they may be used (null: while it has them); null when they cannot be read.</summary>
    private async Task<(IReadOnlyDictionary<string, string> Values, DateTimeOffset? Until)?> Open(ConnectionRow row, AuthTemplate template, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, string>? values = new Dictionary<string, string>();
        if (row.Connection.SecretId is { } secret)
        {
            try
            {
                values = await vault.Open(secret, cancellationToken);
            }
            catch (CryptographicException)
            {
                values = null;
            }
        }

        if (values is null || row.Connection.References.IsEmpty)
        {
            return values is null ? null : (values, null);
        }

        var (found, until) = await references.Resolve(
            row.Connection.References, (variable, value) => CredentialRules.Fault(template, variable, value)?.Detail, cancellationToken);
        return (values.Concat(found).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal), until);
    }

    private void OnPublished(ReadSnapshot snapshot)
    {
        var state = snapshot.Get<ConnectionsState>();
        if (!ReferenceEquals(state, seen))
        {
            seen = state;
            Forget(state);
        }
    }

    private void Forget(ConnectionsState state)
    {
        foreach (var (key, entry) in prepared)
        {
            if (state.Connection(key)?.Connection.SecretId != entry.Row.Connection.SecretId)
            {
                prepared.TryRemove(KeyValuePair.Create(key, entry));
            }
        }
    }

    private sealed record Entry(ConnectionRow Row, IntegrationRow Integration, PreparedAuth Auth)
    {
        /// <summary>When these are no longer used: a token ends, a value is read again where it is kept; null for what does not end.</summary>
        public DateTimeOffset? Until { get; init; }

        /// <summary>What they were made of, where a value is kept elsewhere and may be another one the next time; null otherwise.</summary>
        public IReadOnlyDictionary<string, string>? Values { get; init; }

        /// <summary>Whether the same was made of the same values as before. A sealed secret never changes: what was made of it twice is the same.</summary>
        public bool IsSameAs(Entry old) => old.HoldsFor(Row, Integration) && (Values is null
            ? old.Values is null && Until is null && old.Until is null
            : old.Values is not null && Values.Count == old.Values.Count && Values.All(pair => old.Values.TryGetValue(pair.Key, out var value) && value == pair.Value));

        /// <summary>Whether the credentials are still made of the same template and the same secret.</summary>
        public bool HoldsFor(ConnectionRow row, IntegrationRow integration) => row.Connection.SecretId == Row.Connection.SecretId
            && row.Connection.Template == Row.Connection.Template
            && ReferenceEquals(integration.Integration.Template(row.Connection.Template), Integration.Integration.Template(Row.Connection.Template));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Secret {SecretId} cannot be opened: destroyed, changed, or sealed with a master key that is not here")]
        public static partial void Unreadable(ILogger logger, string secretId);
    }
}
