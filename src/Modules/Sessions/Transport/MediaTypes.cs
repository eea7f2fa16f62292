using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Toolgate.Sessions;

/// <summary>What a client accepts and sends (2025-03-26 and later, "Sending Messages to the Server").</summary>
internal static class MediaTypes
{
    /// <summary>A POST must accept both forms of an answer.</summary>
    public static bool AcceptsBoth(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        return accept is ["application/json, text/event-stream"]
            || (Accepts(accept, "application/json", "application/*") && Accepts(accept, "text/event-stream", "text/*"));
    }

    /// <summary>A stream must be wanted.</summary>
    public static bool AcceptsStream(HttpRequest request) => Accepts(request.Headers.Accept, "text/event-stream", "text/*");

    /// <summary>Only uncompressed UTF-8 JSON is read.</summary>
    public static bool IsJson(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0)
        {
            return false;
        }

        return request.ContentType is "application/json"
            || (MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
                && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                && (!type.Charset.HasValue || type.Charset.AsSpan().Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)));
    }

    private static bool Accepts(StringValues accept, string type, string range)
    {
        foreach (var line in accept)
        {
            foreach (var part in (line ?? "").Split(','))
            {
                var end = part.IndexOf(';', StringComparison.Ordinal);
                var name = (end < 0 ? part : part[..end]).Trim();
                var refused = end >= 0 && part[end..].Replace(" ", "", StringComparison.Ordinal) is ";q=0" or ";q=0.0";
                if (!refused && (name is "*/*" || name.Equals(type, StringComparison.OrdinalIgnoreCase) || name.Equals(range, StringComparison.OrdinalIgnoreCase)))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
