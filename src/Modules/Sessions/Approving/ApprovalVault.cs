using System.Globalization;
using Npgsql;
using Toolgate.Connections;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>What a person is shown of a request.</summary>
/// <param name="Summary">The act, one line.</param>
/// <param name="Arguments">The arguments.</param>
internal sealed record ShownRequest(string Summary, ShownArguments Arguments);

/// <summary>A call that used an approval.</summary>
/// <param name="ApprovalId">The approval.</param>
/// <param name="Outcome">Its outcome; null while it has none.</param>
/// <param name="Runs">Whether it runs, as far as the deployment knows.</param>
internal sealed record ApprovedOutcome(string ApprovalId, ToolOutcome? Outcome, bool Runs);

/// <summary>
/// The side tables of approvals: arguments, sealed, for as long as a call may need them, and outcomes, sealed, for as long as a caller may come back for them. Written
/// in the transactions of the events that make them true.
/// </summary>
internal sealed class ApprovalVault(NpgsqlDataSource database, IStateSeal seal, ApprovalsOptions options, TimeProvider time)
{
    /// <summary>A seal opens texts of at most this many bytes; what is longer is sealed in parts, each bound to its place.</summary>
    private const int PartBytes = 256 * 1024;

    /// <summary>Keeps what would be sent and what is shown, with the request.</summary>
    /// <param name="id">The approval.</param>
    /// <param name="sent">The arguments as the caller sent them.</param>
    /// <param name="shown">What people see.</param>
    public SideWrite Keep(string id, ReadOnlyMemory<byte> sent, ShownRequest shown) => new(
        "insert into toolgate.approval_arguments (approval_id, sealed, summary, shown, altered) values ($1, $2, $3, $4, $5) on conflict do nothing",
        id, Sealed(sent.Span, "arguments", id), shown.Summary, shown.Arguments.Json, shown.Arguments.Altered);

    /// <summary>Erases them, with whatever ends the approval.</summary>
    public static SideWrite Erase(string id) => new("delete from toolgate.approval_arguments where approval_id = $1", id);

    /// <summary>Notes the call, with the use of the approval.</summary>
    public SideWrite Begin(Approval approval, string callId) => new(
        "insert into toolgate.approval_calls (approval_id, request_key, call_id, kept_until) values ($1, $2, $3, $4) on conflict do nothing",
        approval.Id, approval.Asked.RequestKey, callId, (time.GetUtcNow() + options.KeepOutcome).UtcDateTime);

    /// <summary>Keeps the outcome, with the event that says it; null stands for a call that its caller gave up.</summary>
    public SideWrite End(string id, ToolOutcome? outcome)
        => new("update toolgate.approval_calls set sealed = $2 where approval_id = $1", id, Sealed(KeptOutcome.Bytes(outcome), "outcome", id));

    /// <summary>What people are shown of an open approval; null when it is gone.</summary>
    public async Task<ShownRequest?> Shown(string id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select summary, shown, altered from toolgate.approval_arguments where approval_id = $1");
        command.Parameters.AddWithValue(id);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? new ShownRequest(row.GetString(0), new ShownArguments(row.GetString(1), row.GetBoolean(2))) : null;
    }

    /// <summary>The arguments as their caller sent them; null when they are erased, or the key that sealed them is.</summary>
    public async Task<byte[]?> Sent(string id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select sealed from toolgate.approval_arguments where approval_id = $1");
        command.Parameters.AddWithValue(id);
        return await command.ExecuteScalarAsync(cancellationToken) is string[] parts ? Opened(parts, "arguments", id) : null;
    }

    /// <summary>The call of an equal request whose caller has not been told its outcome; null when there is none.</summary>
    public Task<ApprovedOutcome?> Untold(string requestKey, CancellationToken cancellationToken) => Find("a.request_key = $1 and not a.told", requestKey, cancellationToken);

    /// <summary>The call that used an approval; null when it is not kept any more.</summary>
    public Task<ApprovedOutcome?> Of(string id, CancellationToken cancellationToken) => Find("a.approval_id = $1", id, cancellationToken);

    /// <summary>Its caller is about to be told.</summary>
    public async Task Told(string id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update toolgate.approval_calls set told = true where approval_id = $1");
        command.Parameters.AddWithValue(id);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Forgets outcomes that nobody came back for in time.</summary>
    public async Task Sweep(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            delete from toolgate.approval_calls a where a.kept_until < $1 and not exists (select from toolgate.running_calls r where r.call_id = a.call_id)
            """);
        command.Parameters.AddWithValue(time.GetUtcNow().UtcDateTime);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<ApprovedOutcome?> Find(string condition, string parameter, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select a.approval_id, a.sealed, exists (select from toolgate.running_calls r where r.call_id = a.call_id)
            from toolgate.approval_calls a where {condition} and a.kept_until > $2 order by a.kept_until desc limit 1
            """);
        command.Parameters.AddWithValue(parameter);
        command.Parameters.AddWithValue(time.GetUtcNow().UtcDateTime);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        var id = row.GetString(0);
        return new ApprovedOutcome(
            id, await row.IsDBNullAsync(1, cancellationToken) ? null : Opened(row.GetFieldValue<string[]>(1), "outcome", id) is { } bytes ? KeptOutcome.Of(bytes) : KeptOutcome.Gone,
            row.GetBoolean(2));
    }

    private string[] Sealed(ReadOnlySpan<byte> bytes, string what, string id)
    {
        var parts = new string[Math.Max(1, (bytes.Length + PartBytes - 1) / PartBytes)];
        for (var i = 0; i < parts.Length; i++)
        {
            var start = i * PartBytes;
            parts[i] = seal.Seal(bytes.Slice(start, Math.Min(PartBytes, bytes.Length - start)), Purpose(what, id, i, parts.Length));
        }

        return parts;
    }

    private byte[]? Opened(string[] parts, string what, string id)
    {
        using var whole = new MemoryStream();
        for (var i = 0; i < parts.Length; i++)
        {
            if (seal.Open(parts[i], Purpose(what, id, i, parts.Length)) is not { } bytes)
            {
                return null;
            }

            whole.Write(bytes);
        }

        return whole.ToArray();
    }

    private static string Purpose(string what, string id, int part, int parts)
        => string.Create(CultureInfo.InvariantCulture, $"approval-{what}/1 {id} {part}/{parts}");
}
