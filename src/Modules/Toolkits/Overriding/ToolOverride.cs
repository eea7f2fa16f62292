using System.Collections.Immutable;
using System.Text.Json;

namespace Toolgate.Toolkits;

/// <summary>What a toolkit says otherwise about one tool. A class: what is compiled from it is kept by its reference.</summary>
/// <param name="address">The tool.</param>
internal sealed class ToolOverride(string address)
{
    /// <summary>The tool.</summary>
    public string Address => address;

    /// <summary>Its name in the toolkit; null for the one that it has anyway.</summary>
    public string? Name { get; init; }

    /// <summary>Its title; null for the source's.</summary>
    public string? Title { get; init; }

    /// <summary>Its description; null for the source's.</summary>
    public string? Description { get; init; }

    /// <summary>Parameters that callers neither see nor may send.</summary>
    public ImmutableArray<string> Hide { get; init; } = [];

    /// <summary>Parameters that have one value in every call.</summary>
    public ImmutableArray<FixedArgument> Fix { get; init; } = [];

    /// <summary>Whether anything but the name is said otherwise.</summary>
    public bool Shapes => Title is not null || Description is not null || !Hide.IsEmpty || !Fix.IsEmpty;

    /// <summary>The override that an event tells of.</summary>
    public static ToolOverride Of(ToolOverridden e)
        => new(e.Address) { Name = e.Name, Title = e.Title, Description = e.Description, Hide = e.Hide, Fix = e.Fix };

    /// <summary>Whether both say the same.</summary>
    public bool Says(ToolOverride other) => Address == other.Address && Name == other.Name && Title == other.Title && Description == other.Description
        && Hide.SequenceEqual(other.Hide, StringComparer.Ordinal)
        && Fix.Length == other.Fix.Length
        && Fix.Zip(other.Fix).All(pair => pair.First.Parameter == pair.Second.Parameter && JsonElement.DeepEquals(pair.First.Value, pair.Second.Value));
}
