namespace Toolgate.Rest;

/// <summary>JSON Pointers (RFC 6901) as text.</summary>
public static class JsonPointer
{
    /// <summary>The pointer to the member or element <paramref name="token"/> of what <paramref name="parent"/> points to.</summary>
    /// <param name="parent">A pointer; empty for the whole document.</param>
    /// <param name="token">The name as it is; <c>~</c> and <c>/</c> are escaped (section 3).</param>
    public static string Child(string parent, string token)
        => parent + "/" + Escape(token);

    /// <summary>A name as one step of a pointer.</summary>
    public static string Escape(string token) => token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The name that a step of a pointer means.</summary>
    public static string Unescape(string step) => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}
