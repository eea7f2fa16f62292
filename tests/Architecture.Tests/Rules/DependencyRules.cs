using System.Text.RegularExpressions;

namespace Toolgate.Architecture.Tests;

/// <summary>Who may know whom.</summary>
internal static partial class DependencyRules
{
    /// <summary>Dependencies point one way only; a project that is not listed may know nobody.</summary>
    public static IReadOnlyDictionary<string, string[]> Allowed { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["EventStore"] = [],
        ["Rest"] = ["EventStore"],
        ["Access"] = ["EventStore", "Rest"],
        ["Connections"] = ["EventStore", "Rest", "Access"],
        ["Policies"] = ["EventStore", "Rest", "Access"],
        ["Toolkits"] = ["EventStore", "Rest", "Access", "Connections", "Policies"],
        ["Sessions"] = ["EventStore", "Rest", "Access", "Connections", "Policies", "Toolkits"],
        ["Audit"] = ["EventStore", "Rest", "Access", "Connections", "Policies", "Toolkits", "Sessions"],
        ["Host"] = ["EventStore", "Rest", "Access", "Connections", "Policies", "Toolkits", "Sessions", "Audit"],
    };

    /// <summary>References that go the wrong way, from (project, referenced project) pairs.</summary>
    public static IEnumerable<string> WrongWay(IEnumerable<(string From, string To)> references)
        => references.Where(reference => !Allowed.GetValueOrDefault(reference.From, []).Contains(reference.To))
            .Select(reference => $"{reference.From} must not know {reference.To}");

    /// <summary>The references that a project file declares.</summary>
    public static IEnumerable<(string From, string To)> Declared(SourceFile project)
        => ProjectReference().Matches(project.Text).Select(match => (NameOf(project.Path), NameOf(match.Groups[1].Value)));

    /// <summary>Doors into a project's internals for anybody but its own tests; what starts whole hosts in its process may enter the Host.</summary>
    public static IEnumerable<string> OpenDoors(SourceFile project)
    {
        var name = NameOf(project.Path);
        return FriendAssembly().Matches(project.Text).Select(match => match.Groups[1].Value)
            .Where(friend => friend != $"Toolgate.{name}.Tests" && (name, friend) is not ("Host", "Toolgate.TestSupport" or "Toolgate.Bench"))
            .Select(friend => $"{name} opens its internals to {friend}");
    }

    /// <summary>Attributes that open internals outside project files, where <see cref="OpenDoors"/> looks.</summary>
    public static IEnumerable<string> HiddenDoors(SourceFile source)
        => source.Text.Contains("assembly: InternalsVisible" + "To", StringComparison.Ordinal) ? [source.Path + " opens internals in code"] : [];

    private static string NameOf(string projectPath)
        => Path.GetFileNameWithoutExtension(projectPath.Replace('\\', '/')).Replace("Toolgate.", "", StringComparison.Ordinal);

    [GeneratedRegex("<ProjectReference Include=\"([^\"]+)\"")]
    private static partial Regex ProjectReference();

    [GeneratedRegex("<InternalsVisibleTo Include=\"([^\"]+)\"")]
    private static partial Regex FriendAssembly();
}
