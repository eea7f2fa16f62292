using Npgsql;

namespace Toolgate.Connections;

/// <summary>How reading a source anew went last.</summary>
/// <param name="At">When.</param>
/// <param name="Status"><c>changed</c>, <c>unchanged</c> or <c>failed</c>; one that failed left the catalog as it was.</param>
/// <param name="Detail">What changed, or what went wrong.</param>
internal sealed record RefreshStatus(DateTimeOffset At, string Status, string? Detail);

/// <summary>What a server needs to say that a document is the one that is known (RFC 9110 section 8.8).</summary>
/// <param name="ETag">Value of its <c>ETag</c>.</param>
/// <param name="LastModified">Value of its <c>Last-Modified</c>.</param>
internal sealed record SourceValidators(string? ETag, string? LastModified)
{
    /// <summary>Nothing is known.</summary>
    public static SourceValidators None { get; } = new(null, null);
}

/// <summary>A turn to read a source, with what its server said of it the last time.</summary>
/// <param name="Url">Where it was read.</param>
/// <param name="CatalogDigest">The catalog that was in force after it.</param>
/// <param name="Validators">What the server said.</param>
internal sealed record RefreshClaim(string? Url, string? CatalogDigest, SourceValidators Validators);

/// <summary>Turns and results of refreshes, shared by all hosts in <c>toolgate.refreshes</c>.</summary>
internal sealed class RefreshLedger(NpgsqlDataSource database)
{
    private const int MaxDetail = 500;
    private const int MaxValidator = 1_024;

    /// <summary>
    /// Takes the turn to read a source, unless it was taken since <paramref name="before"/>. Of several hosts at once exactly one gets it. A source that
    /// is seen for the first time was read a moment ago, by its import: its first turn comes later.
    /// </summary>
    public async Task<RefreshClaim?> Claim(string source, DateTimeOffset now, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            insert into toolgate.refreshes as r (source, claimed_at) values ($1, $2)
            on conflict (source) do update set claimed_at = $2 where r.claimed_at <= $3
            returning (xmax = 0), url, catalog_digest, etag, last_modified
            """);
        command.Parameters.AddWithValue(source);
        command.Parameters.AddWithValue(now.UtcDateTime);
        command.Parameters.AddWithValue(before.UtcDateTime);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) && !reader.GetBoolean(0)
            ? new RefreshClaim(Text(reader, 1), Text(reader, 2), new SourceValidators(Text(reader, 3), Text(reader, 4)))
            : null;
    }

    /// <summary>Notes how it went. Validators are kept only with a document that could be used.</summary>
    public async Task Note(string source, RefreshStatus status, RefreshClaim? known, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            insert into toolgate.refreshes (source, claimed_at, checked_at, status, detail, url, catalog_digest, etag, last_modified)
            values ($1, $2, $2, $3, $4, $5, $6, $7, $8)
            on conflict (source) do update set claimed_at = $2, checked_at = $2, status = $3, detail = $4, url = $5, catalog_digest = $6, etag = $7, last_modified = $8
            """);
        command.Parameters.AddWithValue(source);
        command.Parameters.AddWithValue(status.At.UtcDateTime);
        command.Parameters.AddWithValue(status.Status);
        Add(command, status.Detail is { Length: > MaxDetail } detail ? detail[..MaxDetail] : status.Detail);
        Add(command, known?.Url);
        Add(command, known?.CatalogDigest);
        Add(command, Bounded(known?.Validators.ETag));
        Add(command, Bounded(known?.Validators.LastModified));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>How refreshes of these sources went; those that were never tried are missing.</summary>
    public async Task<IReadOnlyDictionary<string, RefreshStatus>> Read(IEnumerable<string> sources, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, RefreshStatus>(StringComparer.Ordinal);
        await using var command = database.CreateCommand("select source, checked_at, status, detail from toolgate.refreshes where checked_at is not null and source = any($1)");
        command.Parameters.AddWithValue(sources.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found[reader.GetString(0)] = new RefreshStatus(new DateTimeOffset(reader.GetDateTime(1), TimeSpan.Zero), reader.GetString(2), Text(reader, 3));
        }

        return found;
    }

    /// <summary>Forgets sources that are no more.</summary>
    public async Task Keep(IEnumerable<string> sources, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from toolgate.refreshes where source <> all($1)");
        command.Parameters.AddWithValue(sources.ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static string? Bounded(string? validator) => validator is { Length: > 0 and <= MaxValidator } ? validator : null;

    private static void Add(NpgsqlCommand command, string? value) => command.Parameters.AddWithValue(NpgsqlTypes.NpgsqlDbType.Text, (object?)value ?? DBNull.Value);
}
