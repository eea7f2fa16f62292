using System.Net;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// What a status outside 200–299 of a plugin's service becomes. A 4xx in a form that is meant for callers (problem details, RFC 9457, or an object with
/// <c>code</c> and <c>message</c>) lends its words, bounded and cleaned; everything else is the service's own affair.
/// </summary>
internal static class PluginErrors
{
    private const int MostBytes = 16 * 1024;
    private const int MostCharacters = 500;
    private const int MostCode = 64;

    /// <summary>The outcome.</summary>
    public static async ValueTask<ToolOutcome> Of(HttpResponseMessage response, PreparedAuth auth, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return new ToolOutcome.Failed(
                new ToolError("connection_rejected", $"The plugin refused the credentials of this connection (status {status}).", Retryable: false, UpstreamResults.Details(status, excerpt: null))
                { UpstreamStatus = status, Challenge = BearerChallenge.Of(response) });
        }

        var words = status is >= 400 and < 500 ? await Words(response, auth, cancellationToken) : null;
        var retryable = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
        return new ToolOutcome.Failed(
            new ToolError("upstream_http_error", words is null ? $"The plugin answered with status {status}." : $"The plugin answered with status {status}: {words}", retryable, UpstreamResults.Details(status, words))
            { UpstreamStatus = status });
    }

    private static async ValueTask<string?> Words(HttpResponseMessage response, PreparedAuth auth, CancellationToken cancellationToken)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        if (!type.Equals("application/json", StringComparison.OrdinalIgnoreCase) && !type.Equals("application/problem+json", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        try
        {
            using var body = await BoundedBody.Read(response, MostBytes, cancellationToken);
            if (body is null)
            {
                return null;
            }

            using var document = JsonDocument.Parse(body.Memory.ToArray());
            var root = document.RootElement;
            var message = root.Text("detail") ?? root.Text("message") ?? root.Text("title");
            return message is null ? null : Clean(root.Text("code") is { } code ? $"{(code.Length > MostCode ? code[..MostCode] : code)}: {message}" : message, auth);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or IOException or InvalidDataException)
        {
            // The status has been said; the words are an extra.
            return null;
        }
    }

    /// <summary>Secrets are looked for in the whole text, then it is cut: a cut must not leave half of one.</summary>
    private static string? Clean(string text, PreparedAuth auth)
    {
        var shown = new StringBuilder();
        foreach (var rune in auth.Mask(text, Math.Min(text.Length, MostCharacters)).EnumerateRunes())
        {
            var hidden = Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator;
            shown.Append(hidden ? " " : rune.ToString());
        }

        var words = shown.ToString().Trim();
        return words.Length == 0 ? null : words;
    }
}
