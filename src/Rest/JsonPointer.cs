namespace Toolgate.Rest;

/// <summary>JSON Pointers (RFC 6901) as text.</summary>
public static class JsonPointer
{
    /// <summary>The pointer to the member or element <paramref name="token"/> of what <paramref name="parent"/> points to.</summary>
    /// <param name="parent">A pointer; empty for the whole document.</param>
    /// <param name="token">The name as it is; <c>~</c> and <c>/</c> are escaped (section 3).</param>
    public static string Child(string parent, string token)
        => parent + "/" + token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
