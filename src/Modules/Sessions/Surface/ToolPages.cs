using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>One page of a list: entries as they were rendered, and the cursor of the next page.</summary>
/// <param name="Entries">Entries with the commas between them, without brackets.</param>
/// <param name="Next">Cursor of the next page; null on the last one.</param>
internal readonly record struct ToolPage(ReadOnlyMemory<byte> Entries, string? Next);

/// <summary>
/// Cuts pages out of a view's list without rendering anything. A cursor says after which tool a page begins, so a list that changed meanwhile goes on at the
/// same place: nothing that was there all the time is missed or comes twice (2025-11-25, "Pagination"). It grants nothing, for every page is cut out of the
/// reader's own view; a cursor of another resource, or of nobody, is none of this server's.
/// </summary>
internal static class ToolPages
{
    private const int TagBytes = 9;
    private const int LongestCursor = 4_000;

    /// <summary>The page after the cursor; null when the cursor is none that this server gave out for this resource.</summary>
    /// <param name="view">The reader's view.</param>
    /// <param name="size">Most tools of a page; 0 for all.</param>
    /// <param name="cursor">The cursor as sent; null for the first page.</param>
    public static ToolPage? Cut(ToolView view, int size, string? cursor)
    {
        var first = 0;
        if (cursor is not null)
        {
            if (AddressOf(view, cursor) is not { } after)
            {
                return null;
            }

            first = FirstAfter(view, after);
        }

        var all = view.ToolsJson[1..^1];
        var offsets = view.EntryOffsets;
        if (offsets.IsEmpty)
        {
            // Three tools of Toolgate's own, or none at all.
            return new ToolPage(cursor is null ? all : default, null);
        }

        if (first == offsets.Length)
        {
            return new ToolPage(default, null);
        }

        // Offsets count from the bracket; an entry ends before the comma of the next.
        var last = size == 0 ? offsets.Length : (int)Math.Min((long)first + size, offsets.Length);
        var end = last == offsets.Length ? all.Length : offsets[last] - 2;
        return new ToolPage(all[(offsets[first] - 1)..end], last == offsets.Length ? null : CursorAfter(view, view.Tools[last - 1].Tool.Address));
    }

    private static int FirstAfter(ToolView view, string address)
    {
        var (low, high) = (0, view.EntryOffsets.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = string.CompareOrdinal(view.Tools[middle].Tool.Address, address) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static string CursorAfter(ToolView view, string address) => Base64Url.EncodeToString([.. Tag(view, address), .. Encoding.UTF8.GetBytes(address)]);

    private static string? AddressOf(ToolView view, string cursor)
    {
        if (cursor.Length > LongestCursor || !Base64Url.IsValid(cursor, out var length) || length <= TagBytes)
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(cursor);
        var address = Encoding.UTF8.GetString(bytes.AsSpan(TagBytes));
        return bytes.AsSpan(0, TagBytes).SequenceEqual(Tag(view, address)) ? address : null;
    }

    private static ReadOnlySpan<byte> Tag(ToolView view, string address)
        => SHA256.HashData(Encoding.UTF8.GetBytes($"tools/list\n{view.Resource}\n{address}")).AsSpan(0, TagBytes);
}
