namespace Toolgate.Access;

/// <summary>Scopes on the wire.</summary>
public static class ScopeNames
{
    private static readonly (string Name, Scopes Scope)[] All = [("manage", Scopes.Manage), ("audit", Scopes.Audit), ("tools:invoke", Scopes.ToolsInvoke)];

    /// <summary>The names of the scopes in a set, in a fixed order.</summary>
    public static IReadOnlyList<string> Of(Scopes scopes) => [.. All.Where(pair => scopes.HasFlag(pair.Scope)).Select(pair => pair.Name)];

    /// <summary>The names, separated by spaces, as OAuth writes them.</summary>
    public static string Text(Scopes scopes) => string.Join(' ', Of(scopes));

    /// <summary>The scope of a name; null for an unknown one.</summary>
    public static Scopes? Parse(string? name) => All.FirstOrDefault(pair => pair.Name == name) is { Name: not null } found ? found.Scope : null;
}
