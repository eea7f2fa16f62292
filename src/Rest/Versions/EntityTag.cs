using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Rest;

/// <summary>Stream versions as entity tags (RFC 9110 section 8.8.3).</summary>
public static class EntityTag
{
    /// <summary>The strong tag of a version: <c>"7"</c>.</summary>
    public static string Of(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");
}

/// <summary>The version that the client read, from <c>If-Match</c>; declare it as a parameter of an endpoint.</summary>
/// <param name="Version">Null when the header is absent or <c>*</c>.</param>
public readonly record struct IfMatch(long? Version)
{
    /// <summary>A version that no stream has: a tag that is not ours can never match.</summary>
    private const long Never = long.MaxValue;

    /// <summary>Binds the header; a tag that Toolgate never issued matches nothing (412), as RFC 9110 section 13.1.1 asks.</summary>
    public static ValueTask<IfMatch> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var header = context.Request.Headers.IfMatch.ToString().Trim();
        if (header.Length == 0 || header == "*")
        {
            return ValueTask.FromResult(new IfMatch(null));
        }

        // Tags are compared as text: "007" is another tag than "7".
        return ValueTask.FromResult(new IfMatch(
            long.TryParse(header.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && EntityTag.Of(version) == header
                ? version
                : Never));
    }
}
