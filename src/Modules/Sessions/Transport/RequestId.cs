using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>
/// The id of a request that is refused before its message was read, so that the refusal can name it. Only a small body is looked at: nobody
/// who was refused gets to hold a large one.
/// </summary>
internal static class RequestId
{
    private const int MostBytes = 64 * 1024;

    /// <summary>The id as sent; empty when there is none to be had.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> Of(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method) || request.ContentLength is null or 0 or > MostBytes || !MediaTypes.IsJson(request))
        {
            return default;
        }

        try
        {
            using var body = await Body.Read(request, MostBytes, context.RequestAborted);
            return body is null ? default
                : MessageReader.Read(body.Bytes, out var fault) is { } message ? message.Id.ToArray()
                : fault.Id.ToArray();
        }
        catch (Exception e) when (e is BadHttpRequestException or IOException or OperationCanceledException)
        {
            // It did not arrive; the refusal stands without it.
            return default;
        }
    }
}
