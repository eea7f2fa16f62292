using System.Buffers.Text;
using System.Text;

namespace Toolgate.Rest;

/// <summary>Opaque cursors: base64url of the last key. They grant nothing: every page is filtered for its reader.</summary>
public static class Cursor
{
    /// <summary>The cursor after <paramref name="key"/>.</summary>
    public static string Encode(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

    /// <summary>Reads a cursor; false for anything that <see cref="Encode"/> did not make.</summary>
    public static bool TryDecode(string cursor, out string? key)
    {
        key = null;
        if (cursor.Length is 0 or > 2_000 || !Base64Url.IsValid(cursor))
        {
            return false;
        }

        try
        {
            key = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(cursor));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
