using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Rest;

/// <summary>A page of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextCursor">Pass it as <c>cursor</c> for the next page; null on the last one.</param>
public sealed record ListOf<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>Which page a client wants; declare it as a parameter of an endpoint that lists.</summary>
/// <param name="Limit">1 to 1,000, 100 by default.</param>
/// <param name="After">The key after which the page begins, or null for the first page.</param>
public readonly record struct PageRequest(int Limit, string? After)
{
    /// <summary>Items of a page when the client does not say.</summary>
    public const int DefaultLimit = 100;

    /// <summary>Most items of a page.</summary>
    public const int MaxLimit = 1_000;

    /// <summary>Binds <c>limit</c> and <c>cursor</c>.</summary>
    /// <exception cref="RequestException">422: the limit is not a number from 1 to 1,000, or the cursor is not one of ours.</exception>
    public static ValueTask<PageRequest> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = context.Request.Query;
        var limit = DefaultLimit;
        if (query.TryGetValue("limit", out var text)
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            throw new RequestException(422, "validation", new ProblemError("?limit", "out_of_range", $"limit must be a number from 1 to {MaxLimit}."));
        }

        string? after = null;
        if (query.TryGetValue("cursor", out var cursor) && !Cursor.TryDecode(cursor.ToString(), out after))
        {
            throw new RequestException(422, "validation", new ProblemError("?cursor", "invalid_cursor", "cursor must be a nextCursor of an earlier page."));
        }

        return ValueTask.FromResult(new PageRequest(limit, after));
    }

    /// <summary>Cuts the page out of a list that is ordered bytewise by <paramref name="key"/>.</summary>
    public ListOf<TResult> Cut<TItem, TResult>(IEnumerable<TItem> ordered, Func<TItem, string> key, Func<TItem, TResult> show)
    {
        var after = After;
        var items = new List<TResult>(Math.Min(Limit, 256));
        string? last = null;
        foreach (var item in ordered)
        {
            var itemKey = key(item);
            if (after is not null && string.CompareOrdinal(itemKey, after) <= 0)
            {
                continue;
            }

            if (items.Count == Limit)
            {
                return new ListOf<TResult>(items, Cursor.Encode(last!));
            }

            items.Add(show(item));
            last = itemKey;
        }

        return new ListOf<TResult>(items, null);
    }
}
