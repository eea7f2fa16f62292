using System.Collections.Immutable;

namespace Toolgate.Access;

/// <summary>Scopes of MCP clients. Few and stable: what a client can do in detail is said by policies.</summary>
internal static class GrantScopes
{
    /// <summary>See and call tools, read resources, fetch prompts.</summary>
    public const string Use = "mcp";

    /// <summary>See what there is, and no more.</summary>
    public const string Read = "mcp:read";

    /// <summary>Stay connected: refresh tokens.</summary>
    public const string Offline = "offline_access";

    /// <summary>Those that are asked for and known here, in a fixed order; the wider one implies the narrower. Empty when none is known.</summary>
    /// <param name="text">Separated by spaces; null or blank asks for <see cref="Use"/>.</param>
    public static ImmutableArray<string> Parse(string? text)
    {
        var asked = (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ImmutableArray<string> known = asked.Length == 0 ? [Use]
            : asked.Contains(Use, StringComparer.Ordinal) ? [Use]
            : asked.Contains(Read, StringComparer.Ordinal) ? [Read]
            : asked.All(scope => scope == Offline) ? [Use]
            : [];
        return known.IsEmpty || !asked.Contains(Offline, StringComparer.Ordinal) ? known : known.Add(Offline);
    }

    /// <summary>What they allow.</summary>
    public static Scopes Of(ImmutableArray<string> scopes) => scopes.Contains(Use, StringComparer.Ordinal) ? Scopes.ToolsInvoke | Scopes.ToolsRead : Scopes.ToolsRead;
}
