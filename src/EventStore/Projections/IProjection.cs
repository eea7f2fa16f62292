using Npgsql;

namespace Toolgate.EventStore;

/// <summary>
/// An asynchronous projection into a PostgreSQL table of schema <c>toolgate</c>. One node of the deployment runs it at a time; its
/// checkpoint is committed with its rows, so each event is applied exactly once.
/// <para>Its tables have no foreign keys and no serial or identity columns: they are copied, compared and swapped.</para>
/// <para>An event that cannot be applied (an exception, or an error on data from PostgreSQL) becomes a dead letter and is gone past; a
/// table that is missing or a database that is ill is not the event's fault: the projection stands still and tries again.</para>
/// </summary>
public interface IProjection
{
    /// <summary>Stable unique name; the checkpoint is kept under it in <c>mt_event_progression</c>.</summary>
    string Name { get; }

    /// <summary>Tables that it writes, without schema. A rebuild writes to shadows of them and swaps.</summary>
    IReadOnlyList<string> Tables { get; }

    /// <summary>
    /// Applies every event with <paramref name="after"/> &lt; position &lt;= <paramref name="upTo"/>, inside the given transaction. Set-based SQL
    /// over <c>events.mt_events</c> is the fast way. Must be deterministic: a rebuild must give the same rows.
    /// </summary>
    /// <param name="transaction">The transaction that also stores the checkpoint.</param>
    /// <param name="table">Maps a name of <see cref="Tables"/> to the qualified table to write now (the live one or its shadow).</param>
    /// <param name="after">Exclusive lower bound.</param>
    /// <param name="upTo">Inclusive upper bound; at most 1,000 events lie between.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    Task Apply(NpgsqlTransaction transaction, Func<string, string> table, long after, long upTo, CancellationToken cancellationToken);
}
