using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace Toolgate.Connections;

/// <summary>Hides secret values in what an upstream says, in every form in which it may say them back.</summary>
internal static class SecretMask
{
    private const string Hidden = "***";

    /// <summary>Each secret as it is and as URLs, forms, JSON and HTML write it.</summary>
    public static string[] FormsOf(IEnumerable<string> secrets) =>
    [
        .. secrets.Where(secret => secret.Length > 0).SelectMany(secret =>
        {
            var json = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret);
            return new[]
            {
                secret, Uri.EscapeDataString(secret), Uri.EscapeDataString(Uri.EscapeDataString(secret)), WebUtility.UrlEncode(secret),
                json, json.Replace("/", "\\/", StringComparison.Ordinal), JavaScriptEncoder.Default.Encode(secret), AsciiJson(secret), WebUtility.HtmlEncode(secret),
            };
        }).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>
    /// The first <paramref name="length"/> characters of the text, hidden where they belong to a form. Everything is found before anything is
    /// replaced: a secret that holds or overlaps another leaves no rest, and one that the cut goes through was still whole when it was sought.
    /// </summary>
    public static string Apply(string text, int length, IEnumerable<string> forms)
    {
        var secret = new bool[text.Length];
        foreach (var form in forms)
        {
            // Case is ignored: hexadecimal digits of escapes come in both.
            for (var at = text.IndexOf(form, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(form, at + 1, StringComparison.OrdinalIgnoreCase))
            {
                secret.AsSpan(at, form.Length).Fill(true);
            }
        }

        var shown = new StringBuilder();
        for (var i = 0; i < Math.Min(length, text.Length); i++)
        {
            if (!secret[i])
            {
                shown.Append(text[i]);
            }
            else if (i == 0 || !secret[i - 1])
            {
                shown.Append(Hidden);
            }
        }

        return shown.ToString();
    }

    /// <summary>As encoders write it that escape only what they must and everything beyond ASCII.</summary>
    private static string AsciiJson(string text) => string.Concat(text.Select(c => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < ' ' or > '~' => $"\\u{(int)c:x4}",
        _ => c.ToString(),
    }));
}
