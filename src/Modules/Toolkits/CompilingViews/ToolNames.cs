using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>
/// The names of the tools of one view. Each tool has exactly one, no two have the same, and the same tools always have the same names, whatever order things
/// happened in:
/// <code>
/// address    the name that follows from the address                                    always free: such names are injective
/// upstream   the source's own name, made legal, where one tool alone has it and
///            no tool has it as its address name                                        else the address name
/// override   the name that the toolkit gives it, where no other listed tool has it     else as if the override said no name
/// </code>
/// Names of tools that connect an account are never anything else's in their toolkit, whether or not the caller sees them.
/// </summary>
internal static partial class ToolNames
{
    /// <summary>Names that Toolgate's own tools have or may come to have.</summary>
    public static FrozenSet<string> Reserved { get; } = new[] { SearchSurface.SearchTools, SearchSurface.DescribeTool, SearchSurface.CallTool, "resume_approval" }
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether the text is a name that a tool may have.</summary>
    public static bool IsLegal(string? name) => name is not null && Grammar().IsMatch(name);

    /// <summary>The names, in the order of the tools.</summary>
    /// <param name="tools">The listed tools, none of them twice.</param>
    /// <param name="toolkit">The toolkit; null for the default resource, where names always follow addresses.</param>
    public static string[] Of(IReadOnlyList<Tool> tools, ToolkitRow? toolkit)
    {
        IEnumerable<string> connecting = toolkit is null ? [] : toolkit.BringYourOwn.Select(ConnectTools.NameOf);
        var names = Natural(tools, toolkit?.Names ?? ToolNaming.Address, connecting);
        if (toolkit is null || toolkit.Overrides.IsEmpty)
        {
            return names;
        }

        // A natural name stays its tool's even where an override gives that tool another one: taking the override back never finds its place taken.
        var taken = names.Concat(tools.Select(tool => tool.McpName)).Concat(connecting).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            if (toolkit.OverrideOf(tools[i].Address)?.Name is { } given && (given == names[i] || given == tools[i].McpName || taken.Add(given)))
            {
                names[i] = given;
            }
        }

        return names;
    }

    /// <summary>The names without overrides.</summary>
    /// <param name="tools">The listed tools, none of them twice.</param>
    /// <param name="naming">What they are named after.</param>
    /// <param name="reserved">Names that none of them gets.</param>
    public static string[] Natural(IReadOnlyList<Tool> tools, ToolNaming naming, IEnumerable<string>? reserved = null)
    {
        var names = new string[tools.Count];
        if (naming == ToolNaming.Address)
        {
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = tools[i].McpName;
            }

            return names;
        }

        var own = tools.Select(tool => UpstreamOf(tool.Definition)).ToArray();
        var shared = own.OfType<string>().CountBy(name => name, StringComparer.Ordinal).Where(pair => pair.Value > 1).Select(pair => pair.Key)
            .Concat(Reserved).Concat(reserved ?? []).Concat(tools.Select(tool => tool.McpName)).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = own[i] is { } name && !shared.Contains(name) ? name : tools[i].McpName;
        }

        return names;
    }

    /// <summary>
    /// The source's own name with an underscore for everything that a name may not hold; null when it is too long or nothing sensible is left.
    /// </summary>
    public static string? UpstreamOf(ToolDefinition definition)
    {
        var name = definition.UpstreamName ?? definition.Name;
        if (name.Length is 0 or > McpToolName.MaxLength)
        {
            return null;
        }

        var legal = string.Create(name.Length, name, static (output, name) =>
        {
            for (var i = 0; i < output.Length; i++)
            {
                output[i] = char.IsAsciiLetterOrDigit(name[i]) || name[i] is '_' or '-' ? name[i] : '_';
            }
        });
        return legal.Any(char.IsAsciiLetterOrDigit) ? legal : null;
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_-]{1,64}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Grammar();
}
