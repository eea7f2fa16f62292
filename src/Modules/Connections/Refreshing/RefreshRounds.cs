using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// Reads every source anew whose turn has come: documents of integrations by their URL, catalogs of connections through their kind. One that cannot be
/// read leaves its catalog in force, says so in the ledger, and costs the others nothing but its own time.
/// </summary>
internal sealed partial class RefreshRounds(
    Commands commands, SourceReader reader, CatalogStore catalogs, ConnectionCatalogs connections, RefreshLedger ledger, IOptions<RefreshOptions> options,
    TimeProvider time, ILogger<RefreshRounds> logger)
{
    private const int AtOnce = 4;

    /// <summary>One round over all sources. How many of them were read by this host.</summary>
    public async Task<int> Run(CancellationToken cancellationToken)
    {
        var sources = Sources(commands.State, cancellationToken).ToList();
        await ledger.Keep(sources.Select(source => source.Stream), cancellationToken);
        var read = 0;
        await Parallel.ForEachAsync(sources, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (source, stopping) =>
        {
            var now = time.GetUtcNow();
            if (await ledger.Claim(source.Stream, now, now - options.Value.Interval, stopping) is { } claim)
            {
                Interlocked.Increment(ref read);
                var (status, known) = await Guarded(source.Stream, () => source.Read(claim), stopping);
                await ledger.Note(source.Stream, status, known, stopping);
            }
        });
        return read;
    }

    /// <summary>Notes what a person's own refresh did, so that everybody sees the last one.</summary>
    public Task Note(string source, CatalogChangesBody? changes, Rejection? rejection, CancellationToken cancellationToken)
        => ledger.Note(source, StatusOf(changes, rejection), known: null, cancellationToken);

    private IEnumerable<RefreshedSource> Sources(ConnectionsState state, CancellationToken cancellationToken)
    {
        foreach (var (slug, row) in state.Integrations.Where(pair => pair.Value.Integration is { Kind: "openapi", SourceUrl: not null }))
        {
            yield return new RefreshedSource(Integration.StreamOf(slug), claim => ReadDocument(row.Integration, claim, cancellationToken));
        }

        // MCP servers are followed: they announce changes, and are read from time to time by whoever follows them.
        foreach (var key in state.Connections.Keys.Where(
            key => state.Integration(key.Integration) is { Integration: { Server: null } integration } && connections.Has(integration)))
        {
            yield return new RefreshedSource(key.Stream, _ => ReadConnection(key, cancellationToken));
        }
    }

    private async Task<(RefreshStatus Status, RefreshClaim? Known)> Guarded(
        string source, Func<Task<(RefreshStatus Status, RefreshClaim? Known)>> refresh, CancellationToken cancellationToken)
    {
        try
        {
            var result = await refresh();
            if (result.Status.Status == "failed")
            {
                Log.Failed(logger, source, result.Status.Detail);
            }

            return result;
        }
        catch (Exception unexpected) when (unexpected is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The boundary of one source: a bug in reading one must not end the schedule of all.
            Log.Broken(logger, source, unexpected);
            return (new RefreshStatus(time.GetUtcNow(), "failed", "The source could not be read."), null);
        }
    }

    private async Task<(RefreshStatus Status, RefreshClaim? Known)> ReadDocument(Integration integration, RefreshClaim claim, CancellationToken cancellationToken)
    {
        var url = integration.SourceUrl!;
        var known = claim.Url == url && claim.CatalogDigest == integration.CatalogDigest ? claim.Validators : SourceValidators.None;
        var (reading, validators) = await reader.FetchIfChanged(url, integration.BaseUrl, known, cancellationToken);
        if (reading is not { } document)
        {
            return (new RefreshStatus(time.GetUtcNow(), "unchanged", null), claim);
        }

        if (document.Source is not { } source)
        {
            return (StatusOf(null, document.Rejection), null);
        }

        if (MovedEndpoints.Find(integration.SourceTemplates, source.Catalog.AuthTemplates) is { } moved)
        {
            // Stored client secrets and refresh tokens would go there with the next call. That takes somebody who looks: POST …/refresh, or PUT …/source.
            return (new RefreshStatus(time.GetUtcNow(), "failed", $"The document names another origin for signing in (template {moved}). The catalog stays until somebody refreshes it by hand."), null);
        }

        var (decided, changes) = await ReplacingSource.Apply(
            integration.Slug, url, integration.BaseUrl, source, isCurrent: state => state.SourceUrl == url && state.BaseUrl == integration.BaseUrl,
            commands, catalogs, EventMetadata.System, ifMatch: null, cancellationToken);
        return decided is Decided<Integration?>.Done { State: { } now }
            ? (StatusOf(changes, null), new RefreshClaim(url, now.CatalogDigest, validators))
            : (StatusOf(null, (decided as Decided<Integration?>.Refused)?.Rejection), null);
    }

    private async Task<(RefreshStatus Status, RefreshClaim? Known)> ReadConnection(ConnectionKey key, CancellationToken cancellationToken)
    {
        var refreshed = await connections.Refresh(key, EventMetadata.System, cancellationToken);
        return (StatusOf(refreshed.Changes, refreshed.Rejection), null);
    }

    private RefreshStatus StatusOf(CatalogChangesBody? changes, Rejection? rejection)
    {
        var now = time.GetUtcNow();
        return changes is null
            ? new RefreshStatus(now, "failed", rejection?.Detail)
            : changes.Added.Count + changes.Removed.Count + changes.Changed.Count == 0
                ? new RefreshStatus(now, "unchanged", null)
                : new RefreshStatus(now, "changed", $"{changes.Added.Count} added, {changes.Removed.Count} removed, {changes.Changed.Count} changed.");
    }

    /// <summary>Something that is read anew when its turn has come.</summary>
    private sealed record RefreshedSource(string Stream, Func<RefreshClaim, Task<(RefreshStatus Status, RefreshClaim? Known)>> Read);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Reading {Source} anew failed; its catalog stays: {Detail}")]
        public static partial void Failed(ILogger logger, string source, string? detail);

        [LoggerMessage(Level = LogLevel.Error, Message = "Reading {Source} anew failed; its catalog stays.")]
        public static partial void Broken(ILogger logger, string source, Exception exception);
    }
}
