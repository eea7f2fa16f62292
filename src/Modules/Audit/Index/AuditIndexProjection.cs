using Npgsql;
using NpgsqlTypes;
using Toolgate.EventStore;

namespace Toolgate.Audit;

/// <summary>
/// Fills <c>toolgate.audit_index</c>: one statement a batch, from the log alone. Payload members are found by their conventional names, so
/// that a new event is searchable without a word here.
/// </summary>
internal sealed class AuditIndexProjection : IProjection
{
    public const string ProjectionName = "audit-index";
    public const string Table = "audit_index";

    public string Name => ProjectionName;

    public IReadOnlyList<string> Tables { get; } = [Table];

    public async Task Apply(NpgsqlTransaction transaction, Func<string, string> table, long after, long upTo, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql(table(Table)), transaction.Connection, transaction)
        {
            Parameters = { new() { Value = after, NpgsqlDbType = NpgsqlDbType.Bigint }, new() { Value = upTo, NpgsqlDbType = NpgsqlDbType.Bigint } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Whose row an event is about is said by the event itself, by the first event of its stream (a rename does not repeat the owner), by the
    /// first event of the toolkit that was called through, or by the address: <c>x.user.y.z</c> is the caller's own (whoever wrote it down).
    /// Values are cut to what an index entry can hold; an address is never longer.
    /// </summary>
    // The limits keep the planner at one index lookup an event, whatever it believes about the size of the log.
    private static string Sql(string target) => $"""
        insert into {target} (position, stream, type, at, actor, correlation, toolkit, address, outcome, personal_of)
        select e.position, left(e.stream, {EventQuery.MaxLength}), e.type, e.at, left(e.actor, {EventQuery.MaxLength}),
               left(e.correlation_id, {EventQuery.MaxLength}), left(toolkit.id, {EventQuery.MaxLength}),
               left(e.data ->> 'address', {EventQuery.MaxLength}), left(e.data ->> 'outcome', {EventQuery.MaxLength}),
               coalesce({OwnerIn("e")}, {OwnerIn("start")}, {OwnerIn("made")},
                        case when split_part(e.data ->> 'address', '.', 2) = 'user' then coalesce(e.data ->> 'principalId', e.actor, '') end)
        from ({ProjectionSql.EventsBetween}) e
        left join lateral (select f.data from ({ProjectionSql.FirstEvents}) f where f.stream = e.stream and e.version > 1 limit 1) start on true
        cross join lateral (
            select coalesce(e.data ->> 'toolkitId', start.data ->> 'toolkitId', case when e.stream like 'toolkit-tk\_%' then substr(e.stream, 9) end) as id) toolkit
        left join lateral (select f.data from ({ProjectionSql.FirstEvents}) f where f.stream = 'toolkit-' || toolkit.id limit 1) made on true
        """;

    private static string OwnerIn(string alias) => $"{alias}.data ->> 'subject', {alias}.data ->> 'ownerSubject'";
}
