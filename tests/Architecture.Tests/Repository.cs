using System.Reflection;

namespace Toolgate.Architecture.Tests;

/// <summary>A file of the repository: its path from the root, and its text.</summary>
internal sealed record SourceFile(string Path, string Text);

/// <summary>What the rules look at: the sources and the assemblies that were built from them.</summary>
internal static class Repository
{
    private static readonly string[] Skipped = ["artifacts", "node_modules", ".git", ".tools", ".toolgate"];

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every C#, SQL and project file under src and tests.</summary>
    public static IReadOnlyList<SourceFile> Files { get; } = [.. Read("src"), .. Read("tests")];

    /// <summary>The files of the product.</summary>
    public static IReadOnlyList<SourceFile> Sources { get; } = [.. Files.Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal))];

    /// <summary>The names of the modules, from their folders.</summary>
    public static IReadOnlyList<string> Modules { get; } =
        [.. Directory.EnumerateDirectories(Path.Combine(Root, "src/Modules")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    /// <summary>The assemblies of the product.</summary>
    public static IReadOnlyList<Assembly> Assemblies { get; } =
        [.. ((string[])["EventStore", "Rest", "Host", .. Modules]).Select(name => Assembly.Load("Toolgate." + name))];

    private static IEnumerable<SourceFile> Read(string folder)
        => Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".sql" or ".csproj" or ".js")
            .Select(file => (file, path: Path.GetRelativePath(Root, file).Replace('\\', '/')))
            .Where(pair => !pair.path.Split('/').Intersect(Skipped).Any())
            .Select(pair => new SourceFile(pair.path, File.ReadAllText(pair.file)));

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at!.FullName, "Monolith.sln")))
        {
            at = at.Parent;
        }

        return at.FullName;
    }
}
