namespace Toolgate.Fixture;

/// <summary>The protocol revisions.</summary>
public static class Versions
{
    /// <summary>2026-07-28, without sessions.</summary>
    public const string Modern = "2026-07-28";

    /// <summary>2025-11-25, the newest with sessions.</summary>
    public const string November = "2025-11-25";

    /// <summary>2025-06-18.</summary>
    public const string June = "2025-06-18";

    /// <summary>2025-03-26, the first with streamable HTTP.</summary>
    public const string March = "2025-03-26";

    /// <summary>2024-11-05, the HTTP+SSE transport.</summary>
    public const string First = "2024-11-05";

    /// <summary>The revisions with sessions, newest first.</summary>
    public static IReadOnlyList<string> Legacy { get; } = [November, June, March, First];
}
