using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Toolgate.EventStore;

namespace Toolgate.Architecture.Tests;

/// <summary>How types are declared.</summary>
internal static partial class TypeRules
{
    // Participles that do not end in -ed, so far as events use them.
    private static readonly string[] IrregularParticiples =
        ["Begun", "Bound", "Broken", "Chosen", "Found", "Frozen", "Given", "Held", "Left", "Lost", "Made", "Met", "Put", "Read", "Sent", "Set", "Shown", "Spent", "Taken", "Told", "Unset", "Withdrawn", "Written"];

    /// <summary>Public types of a module that stand outside its Contracts and its facade.</summary>
    public static IEnumerable<string> PublicOutsideContracts(SourceFile source)
    {
        var parts = source.Path.Split('/');
        var module = parts is ["src", "Modules", var name, ..] ? name : null;
        return module is null || parts[3] is "Contracts" || source.Path == $"src/Modules/{module}/{module}Module.cs"
            ? []
            : PublicType().Matches(source.Text).Select(match => $"{source.Path}: public {match.Groups[1].Value}");
    }

    /// <summary>Classes that others could derive from although nobody was meant to.</summary>
    public static IEnumerable<string> Unsealed(IEnumerable<Type> types)
        => types.Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false } && !IsGenerated(type))
            .Select(type => $"{type.FullName} is neither sealed nor abstract");

    /// <summary>What is wrong with an event's declaration: sealed positional records in the past tense whose alias Marten would compute too.</summary>
    public static IEnumerable<string> EventFaults(Type type)
    {
        if (!type.IsSealed || type.GetMethod("<Clone>$") is null)
        {
            yield return $"{type.Name} is not a sealed record";
        }

        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance);
        var positional = type.GetConstructors().Any(constructor => constructor.GetParameters().Select(p => p.Name)
            .SequenceEqual(properties.Select(p => p.Name)));
        if (!positional)
        {
            yield return $"{type.Name} is not positional: every property is a parameter of the record";
        }

        var words = Word().Matches(type.Name).Select(match => match.Value).ToList();
        if (!words.Exists(word => word.EndsWith("ed", StringComparison.Ordinal) || IrregularParticiples.Contains(word)))
        {
            yield return $"{type.Name} is not in the past tense";
        }

        string? fault = null;
        try
        {
            EventTypes.AliasOf(type);
        }
        catch (InvalidOperationException e)
        {
            fault = e.Message;
        }

        if (fault is not null)
        {
            yield return fault;
        }
    }

    /// <summary>Aliases that two events share.</summary>
    public static IEnumerable<string> SharedAliases(IEnumerable<string> aliases)
        => aliases.GroupBy(alias => alias, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => $"two events have the alias '{group.Key}'");

    /// <summary>The events of an assembly: the records in its namespace <c>….Events</c>.</summary>
    public static IEnumerable<Type> EventsOf(Assembly assembly)
        => assembly.GetTypes().Where(type => type.Namespace?.EndsWith(".Events", StringComparison.Ordinal) == true
            && type is { IsClass: true, IsNested: false, IsAbstract: false } && type.GetMethod("<Clone>$") is not null && !IsPart(type));

    // A record in Events that only serves as the type of another's property is a part of an event, not an event.
    private static bool IsPart(Type type)
        => type.Assembly.GetTypes().Where(other => other.Namespace == type.Namespace && other != type)
            .SelectMany(other => other.GetProperties())
            .Any(property => property.PropertyType == type || property.PropertyType.GetGenericArguments().Contains(type));

    private static bool IsGenerated(Type type)
        => type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) || type.Name.Contains('<', StringComparison.Ordinal)
            || (type.Namespace?.StartsWith("Toolgate", StringComparison.Ordinal) != true);

    [GeneratedRegex(@"^public\s+(?:(?:sealed|static|abstract|partial|readonly|ref|unsafe)\s+)*((?:class|record|struct|interface|enum|delegate)\b.*)$", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex("[A-Z][a-z]*")]
    private static partial Regex Word();
}
