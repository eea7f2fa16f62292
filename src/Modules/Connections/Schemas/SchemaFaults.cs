using System.Globalization;
using System.Text;
using System.Text.Json;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Collects faults with the place where they were found. Sentences are made of the schema, never of the value.</summary>
internal sealed class SchemaFaults
{
    /// <summary>Most faults that are told at once.</summary>
    public const int Max = 20;

    private readonly List<ArgumentFault> faults = [];

    /// <summary>What was found.</summary>
    public IReadOnlyList<ArgumentFault> All => faults;

    /// <summary>Adds a fault, unless there are enough or it is known.</summary>
    public void Add(string pointer, string keyword, string message)
    {
        var fault = new ArgumentFault(pointer, keyword, message);
        if (faults.Count < Max && !faults.Contains(fault))
        {
            faults.Add(fault);
        }
    }

    /// <summary>Adds what another collection found.</summary>
    public void AddRange(SchemaFaults others) => others.faults.ForEach(fault => Add(fault.Pointer, fault.Code, fault.Message));

    /// <summary>Names for a sentence: <c>a, b or c</c>; long lists are cut.</summary>
    public static string Or(IEnumerable<string> items)
    {
        var shown = items.Take(25).Select(item => item.Length <= 60 ? item : item[..60] + "…").ToList();
        return shown.Count switch
        {
            0 => "nothing",
            1 => shown[0],
            25 => string.Join(", ", shown) + ", …",
            _ => $"{string.Join(", ", shown[..^1])} or {shown[^1]}",
        };
    }

    /// <summary>Types for a sentence.</summary>
    public static string Types(JsonTypes types) => Or(Enum.GetValues<JsonTypes>().Where(type => type != JsonTypes.Any && types.HasFlag(type)).Select(type => type switch
    {
        JsonTypes.Null => "null",
        JsonTypes.Boolean => "true or false",
        JsonTypes.Number => "a number",
        JsonTypes.Integer => "an integer",
        JsonTypes.String => "a string",
        JsonTypes.Array => "an array",
        _ => "an object",
    }));

    /// <summary>What a value is, without saying what it holds.</summary>
    public static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "a string",
        JsonValueKind.Array => "an array",
        _ => "an object",
    };
}

/// <summary>Where the evaluation stands in the value; text is made of it only when there is a fault.</summary>
internal sealed class InstancePath
{
    private readonly Stack<(string? Name, int Index)> steps = new();

    public int Depth => steps.Count;

    public void Push(string name) => steps.Push((name, 0));

    public void Push(int index) => steps.Push((null, index));

    public void Pop() => steps.Pop();

    /// <summary>As a JSON Pointer. A name that is absurdly long ends it at the object that holds it.</summary>
    public override string ToString()
    {
        var pointer = new StringBuilder();
        foreach (var (name, index) in steps.Reverse())
        {
            if (name is { Length: > 200 })
            {
                break;
            }

            pointer.Append('/').Append(name is null ? index.ToString(CultureInfo.InvariantCulture) : JsonPointer.Escape(name));
        }

        return pointer.ToString();
    }
}

/// <summary>Which properties and items some keyword has looked at, for <c>unevaluatedProperties</c> and <c>unevaluatedItems</c>.</summary>
internal sealed class Evaluated
{
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly HashSet<int> indices = [];

    public void Add(string name) => names.Add(name);

    public void Add(int index) => indices.Add(index);

    public bool Has(string name) => names.Contains(name);

    public bool Has(int index) => indices.Contains(index);

    public void Add(Evaluated other)
    {
        names.UnionWith(other.names);
        indices.UnionWith(other.indices);
    }
}
