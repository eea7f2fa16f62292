using System.Net;
using System.Text;

namespace Toolgate.Connections;

/// <summary>What a status outside 200–299 becomes, whatever the kind of source.</summary>
internal static class UpstreamRefusals
{
    private const int ExcerptBytes = 2_000;

    /// <summary>What the upstream says about a caller's mistake helps the agent; what it says about its own failure is its secret.</summary>
    public static async ValueTask<ToolOutcome> Of(HttpResponseMessage response, PreparedAuth auth, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return new ToolOutcome.Failed(
                new ToolError("connection_rejected", $"The upstream refused the credentials of this connection (status {status}).", Retryable: false, UpstreamResults.Details(status, excerpt: null))
                { UpstreamStatus = status, Challenge = BearerChallenge.Of(response) });
        }

        var excerpt = status is >= 400 and < 500 ? await Excerpt(response, auth, cancellationToken) : null;
        var retryable = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
        return new ToolOutcome.Failed(
            new ToolError("upstream_http_error", $"The upstream answered with status {status}.", retryable, UpstreamResults.Details(status, string.IsNullOrEmpty(excerpt) ? null : excerpt))
            { UpstreamStatus = status });
    }

    /// <summary>The first words of the answer. Read further than shown, so that a credential at the cut is whole when it is looked for.</summary>
    private static async ValueTask<string> Excerpt(HttpResponseMessage response, PreparedAuth auth, CancellationToken cancellationToken)
    {
        const int LongestCharacter = 4;
        var bytes = new byte[ExcerptBytes + auth.LongestSecret + LongestCharacter];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        try
        {
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            var shown = Encoding.UTF8.GetCharCount(bytes, 0, Math.Min(length, ExcerptBytes));
            return string.Concat(auth.Mask(Encoding.UTF8.GetString(bytes, 0, length), shown).Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? ' ' : c));
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            // The status has been said; the words are an extra.
            return "";
        }
    }
}
