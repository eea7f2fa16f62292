using System.Globalization;
using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Lists, in pages when asked to.</summary>
internal static class Listing
{
    public static JsonObject Page(CallContext call, string member, EntryList entries)
    {
        var all = entries.All;
        var size = call.Core.Behaviour.PageSize is > 0 and var limit ? limit : int.MaxValue;
        var from = 0;
        if (call.Params["cursor"] is { } cursor
            && !(TryPosition(Rpc.Text(cursor), out from) && from >= 0 && from <= all.Count))
        {
            throw new RpcException(RpcException.InvalidParams, "The cursor is not one of ours");
        }

        var page = all.Skip(from).Take(size).ToList();
        var result = new JsonObject { [member] = new JsonArray([.. page.Select(entry => entry.Definition.DeepClone())]) };
        if (from + page.Count < all.Count)
        {
            result["nextCursor"] = string.Create(CultureInfo.InvariantCulture, $"page-{from + page.Count}");
        }

        return Cacheable(call, result);
    }

    /// <summary>2026-07-28: says how long and by whom a result may be kept.</summary>
    public static JsonObject Cacheable(CallContext call, JsonObject result)
    {
        if (call.IsModern)
        {
            result["ttlMs"] = call.Core.Behaviour.TtlMs;
            result["cacheScope"] = call.Core.Behaviour.CacheScope;
        }

        return result;
    }

    private static bool TryPosition(string? cursor, out int position)
    {
        position = 0;
        return cursor?.StartsWith("page-", StringComparison.Ordinal) == true
            && int.TryParse(cursor.AsSpan("page-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out position);
    }
}
