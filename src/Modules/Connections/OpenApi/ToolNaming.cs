using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>What a tool name is made of.</summary>
/// <param name="Method">Upper case.</param>
/// <param name="Path">The path as the document writes it.</param>
/// <param name="Tag">The first tag, when there is one.</param>
/// <param name="OperationId">The operation id, when there is one.</param>
/// <param name="Override">The value of <c>x-toolgate-name</c>, already validated.</param>
internal sealed record NamedOperation(string Method, string Path, string? Tag, string? OperationId, string? Override);

/// <summary>
/// Names of tools, <c>group.leaf</c> (SEMANTICS "Sources / OpenAPI"). A name depends on the set of operations, never on their order: every
/// member of a colliding set takes the next longer form.
/// </summary>
internal static partial class ToolNaming
{
    /// <summary>Longest tool name, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>Whether <paramref name="name"/> may be a tool name: one to four segments of letters, digits, dashes and underscores.</summary>
    public static bool IsValid(string name) => name.Length <= MaxLength && ValidName().IsMatch(name);

    /// <summary>The names of <paramref name="operations"/>, in their order. Equal overrides stay equal: the caller drops those.</summary>
    public static string[] Name(IReadOnlyList<NamedOperation> operations)
    {
        var names = operations.Select(operation => operation.Override ?? Base(operation)).ToArray();
        Lengthen(operations, names, WithVersion);
        Lengthen(operations, names, WithMethod);
        Lengthen(operations, names, WithDigest);
        return names;
    }

    private static void Lengthen(IReadOnlyList<NamedOperation> operations, string[] names, Func<NamedOperation, string, string> longer)
    {
        var colliding = names.GroupBy(name => name, StringComparer.Ordinal).Where(set => set.Skip(1).Any())
            .Select(set => set.Key).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            if (operations[i].Override is null && colliding.Contains(names[i]))
            {
                names[i] = Fit(longer(operations[i], names[i]), operations[i]);
            }
        }
    }

    private static string Base(NamedOperation operation)
    {
        var segments = Segments(operation.Path);
        var groupWords = Words.Split(operation.Tag ?? "");
        if (groupWords.Count == 0)
        {
            groupWords = segments.Where(IsMeaningful).Select(Words.Split).FirstOrDefault(words => words.Count > 0) ?? ["root"];
        }

        var group = Words.Camel(groupWords);
        var leafWords = Words.Split(operation.OperationId ?? "");
        if (leafWords.Count > groupWords.Count && leafWords.Take(groupWords.Count).SequenceEqual(groupWords, StringComparer.OrdinalIgnoreCase))
        {
            leafWords.RemoveRange(0, groupWords.Count);
        }

        var leaf = Words.Camel(leafWords);
        return Fit($"{group}.{(leaf.Length == 0 || leaf == group ? FromPath(operation, segments, group) : leaf)}", operation);
    }

    /// <summary>A leaf for an operation without a useful id: the method and what the path says beyond the group.</summary>
    private static string FromPath(NamedOperation operation, string[] segments, string group)
    {
        var rest = new StringBuilder();
        foreach (var segment in segments)
        {
            var words = Words.Split(segment);
            if (segment.StartsWith('{'))
            {
                rest.Append("By").Append(Words.Pascal(words));
            }
            else if (IsMeaningful(segment) && !(rest.Length == 0 && Words.Camel(words) == group))
            {
                rest.Append(Words.Pascal(words));
            }
        }

        return operation.Method.ToLowerInvariant() + (rest.Length == 0 ? "Operation" : rest);
    }

    private static string WithVersion(NamedOperation operation, string name)
    {
        var version = Segments(operation.Path).FirstOrDefault(segment => VersionSegment().IsMatch(segment));
        if (version is null)
        {
            return name;
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return $"{name[..dot]}.{Words.Camel(Words.Split(version))}{name[dot..]}";
    }

    private static string WithMethod(NamedOperation operation, string name) => name + Words.Pascal([operation.Method]);

    private static string WithDigest(NamedOperation operation, string name) => $"{name}{Digest(operation)}";

    private static string Fit(string name, NamedOperation operation) =>
        name.Length <= MaxLength ? name : name[..(MaxLength - 8)].TrimEnd('.') + Digest(operation);

    private static string Digest(NamedOperation operation) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{operation.Method} {operation.Path}")).AsSpan(0, 4));

    private static string[] Segments(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsMeaningful(string segment) =>
        !segment.StartsWith('{') && !segment.Equals("api", StringComparison.OrdinalIgnoreCase) && !VersionSegment().IsMatch(segment);

    [GeneratedRegex(@"\A[vV][0-9]+(?:[._-]?[0-9a-zA-Z]+)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex VersionSegment();

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_-]*(?:\.[a-zA-Z0-9][a-zA-Z0-9_-]*){0,3}\z", RegexOptions.NonBacktracking)]
    private static partial Regex ValidName();
}
