using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// Reads the lists of a server to their end: pages and bytes are bounded, a cursor that comes again ends the list. An endless list is cut, with a diagnostic.
/// </summary>
internal sealed class ListReading(McpCalls calls, UpstreamLink link)
{
    private const int MaxPages = 100;
    private const int MaxItems = 10_000;
    private const long MaxBytes = 32 * 1024 * 1024;
    private const int MaxCursor = 4_096;
    private long left = MaxBytes;

    /// <summary>What was cut and why.</summary>
    public List<Diagnostic> Diagnostics { get; } = [];

    /// <summary>The shortest time for which what was read may be kept, where the server says so (2026-07-28, <c>ttlMs</c>).</summary>
    public TimeSpan? TimeToLive { get; private set; }

    /// <summary>The entries of a list. A server that does not know the method has none.</summary>
    /// <param name="method"><c>tools/list</c> and its like.</param>
    /// <param name="member">The member of the result that holds the entries.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <exception cref="McpFault">The server does not answer usefully.</exception>
    public async ValueTask<List<ReadOnlyMemory<byte>>> Read(string method, string member, CancellationToken cancellationToken)
    {
        var entries = new List<ReadOnlyMemory<byte>>();
        var cursors = new HashSet<string>(StringComparer.Ordinal);
        for (var (page, cursor) = (0, (string?)null); ; page++)
        {
            var parameters = cursor is null ? "{}"u8.ToArray() : Encoding.UTF8.GetBytes($$"""{"cursor":{{JsonSerializer.Serialize(cursor)}}}""");
            var answer = await calls.Ask(link, new McpRequest(method, parameters), BackgroundClient.Instance, ClientCapabilities.All, cancellationToken);
            if (!answer.Error.IsEmpty)
            {
                return answer.Code == McpProtocol.MethodNotFound ? entries : throw McpFault.Garbage($"The upstream refuses {method}.");
            }

            Keep(JsonMembers.Find(answer.Result, "ttlMs"));
            if (JsonMembers.Elements(JsonMembers.Find(answer.Result, member)) is not { } elements)
            {
                throw McpFault.Garbage($"The upstream answers {method} without a list of {member}.");
            }

            entries.AddRange(elements);
            left -= answer.Result.Length;
            cursor = JsonMembers.Text(JsonMembers.Find(answer.Result, "nextCursor"));
            if (cursor is null)
            {
                return entries;
            }

            if (Cut(member, cursor, cursors, page, entries) is { } why)
            {
                Diagnostics.Add(why);
                return entries.Count > MaxItems ? entries[..MaxItems] : entries;
            }
        }
    }

    private Diagnostic? Cut(string member, string cursor, HashSet<string> cursors, int page, List<ReadOnlyMemory<byte>> entries)
        => !cursors.Add(cursor) ? new Diagnostic($"/{member}", "cursor_repeated", "The list repeats a cursor: what was read until then is kept.")
            : page + 1 == MaxPages || entries.Count >= MaxItems || left <= 0 || cursor.Length > MaxCursor
                ? new Diagnostic($"/{member}", "list_too_long", $"The list does not end within {MaxPages} pages, {MaxItems} entries and {MaxBytes / (1024 * 1024)} MiB: what was read until then is kept.")
                : null;

    private void Keep(ReadOnlyMemory<byte> milliseconds)
    {
        if (double.TryParse(Encoding.ASCII.GetString(milliseconds.Span), System.Globalization.CultureInfo.InvariantCulture, out var value) && value is >= 0 and < 1e12
            && !(TimeToLive?.TotalMilliseconds <= value))
        {
            TimeToLive = TimeSpan.FromMilliseconds(value);
        }
    }
}
