namespace Toolgate.Connections.Tests.GraphQl;

/// <summary>Measures selections by counting, independent of what printed them.</summary>
internal static class Selections
{
    public static int Depth(string selection)
    {
        var (depth, deepest) = (0, 0);
        foreach (var c in selection)
        {
            depth += c switch { '{' => 1, '}' => -1, _ => 0 };
            deepest = Math.Max(deepest, depth);
        }

        return deepest;
    }

    /// <summary>Words that no brace follows, aliases and the types of fragments aside.</summary>
    public static int Leaves(string selection)
    {
        var words = selection.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Where((word, i) => word is not ("{" or "}" or "..." or "on") && !word.EndsWith(':') && !(i + 1 < words.Length && words[i + 1] == "{")).Count();
    }
}
