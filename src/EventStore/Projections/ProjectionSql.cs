namespace Toolgate.EventStore;

/// <summary>
/// Relations over the log for set-based <see cref="IProjection.Apply"/>, so that projections of other modules name no table of the log.
/// Put them in parentheses in a <c>from</c> clause.
/// </summary>
public static class ProjectionSql
{
    /// <summary>
    /// The events with <c>$1</c> &lt; position &lt;= <c>$2</c> (both bigint): columns <c>position, id, stream, version, type, data</c> (jsonb)<c>, at,
    /// actor, correlation_id, causation_id, headers</c> (jsonb).
    /// </summary>
    public const string EventsBetween = """
        select seq_id as position, id, stream_id as stream, version, type, data, timestamp as at, user_name as actor,
               correlation_id, causation_id, headers
        from events.mt_events where seq_id > $1 and seq_id <= $2
        """;

    /// <summary>The first event of every stream: columns <c>stream, type, data</c>. Join it by <c>stream</c>, which is an index lookup.</summary>
    public const string FirstEvents = "select stream_id as stream, type, data from events.mt_events where version = 1";
}
