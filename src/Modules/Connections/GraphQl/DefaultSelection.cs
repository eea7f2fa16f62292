using System.Text;

namespace Toolgate.Connections;

/// <summary>
/// What is read of a result when the caller does not say: its leaves, and those of what hangs on it, level by level until the bounds are
/// reached. A field that takes arguments is a question of its own and is left to <c>select</c>, unless it is a leaf that needs none. Root
/// types are never entered: what they offer are tools with rules of their own.
/// </summary>
internal sealed class DefaultSelection(GraphQlSchema schema)
{
    /// <summary>Deepest nesting of objects, the result itself being the first.</summary>
    public const int MaxDepth = 3;

    /// <summary>Most leaves of a selection.</summary>
    public const int MaxLeaves = 120;

    /// <summary>Most types that an interface or union is taken apart into; with more only what they share is read.</summary>
    public const int MaxFragments = 16;

    /// <summary>Most fields that are looked at for one selection: a schema that means harm has types of a hundred thousand fields that lead nowhere.</summary>
    private const int MaxLooks = 10_000;

    private const string TypeName = "__typename";
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> clashes = new(StringComparer.Ordinal);

    /// <summary>The selection of a type with its braces; empty for a leaf.</summary>
    public string Of(TypeReference reference)
    {
        var type = schema.Types[reference.Name];
        if (!type.IsComposite)
        {
            return "";
        }

        if (!texts.TryGetValue(type.Name, out var text))
        {
            text = texts[type.Name] = Print(Grow(type));
        }

        return text;
    }

    /// <summary>Level by level: what is near the result is worth more than what is far, however many fields a type has.</summary>
    private Part Grow(GraphQlType type)
    {
        var root = new Part(type, null, null);
        var (left, looks) = (MaxLeaves, MaxLooks);
        var pending = new Queue<Part>([root]);
        while (left > 0 && looks > 0 && pending.TryDequeue(out var part))
        {
            Fill(part, ref left, ref looks, pending);
        }

        if (root.IsEmpty)
        {
            root.Leaves.Add(TypeName);
        }

        return root;
    }

    private void Fill(Part part, ref int left, ref int looks, Queue<Part> pending)
    {
        if (part.Type.IsAbstract)
        {
            left--;
            part.Leaves.Add(TypeName);
        }

        foreach (var field in part.Type.Fields.Take(looks))
        {
            looks--;
            if (!IsOffered(field, part))
            {
                continue;
            }

            var type = schema.Types[field.Type.Name];
            var name = part.Within is { } around && ClashesOf(around).Contains(field.Name) ? $"{field.Name}_{part.Type.Name}: {field.Name}" : field.Name;
            if (!type.IsComposite && left > 0)
            {
                left--;
                part.Leaves.Add(name);
            }
            else if (type.IsComposite && field.Arguments.IsEmpty && part.Depth < MaxDepth && !part.IsInside(type))
            {
                var child = new Part(type, part, null);
                part.Children.Add((name, child));
                pending.Enqueue(child);
            }
        }

        if (part.Type.IsAbstract && part.Type.Possible.Length <= MaxFragments)
        {
            foreach (var possible in part.Type.Possible.Select(name => schema.Types[name]).Where(possible => !part.IsInside(possible)))
            {
                var fragment = new Part(possible, part, part.Type);
                part.Children.Add(($"... on {possible.Name}", fragment));
                pending.Enqueue(fragment);
            }
        }
    }

    private bool IsOffered(GraphQlField field, Part part) => field.Deprecation is null && !field.NeedsArguments
        && !schema.IsRoot(field.Type.Name)

        // What the interface has was asked for around the fragment.
        && part.Within?.Field(field.Name) is null

        // A connection offers its nodes twice; the edges add cursors only.
        && !(field.Name == "edges" && part.Type.Field("nodes") is { NeedsArguments: false, Type.IsList: true });

    /// <summary>
    /// Names that fragments of one interface or union use with different types: side by side they would break the rule that fields can be
    /// merged (section 5.3.2), so each gets an alias of its own. Depends on the types alone, so that every place agrees.
    /// </summary>
    private HashSet<string> ClashesOf(GraphQlType around)
    {
        if (!clashes.TryGetValue(around.Name, out var names))
        {
            names = clashes[around.Name] = around.Possible.SelectMany(name => schema.Types[name].Fields)
                .GroupBy(field => field.Name, StringComparer.Ordinal)
                .Where(same => same.Select(field => field.Type.Text).Distinct(StringComparer.Ordinal).Skip(1).Any())
                .Select(same => same.Key).ToHashSet(StringComparer.Ordinal);
        }

        return names;
    }

    private static string Print(Part root)
    {
        var output = new StringBuilder();
        Print(root, output);
        return output.ToString();
    }

    private static void Print(Part part, StringBuilder output)
    {
        output.Append("{ ");
        foreach (var leaf in part.Leaves)
        {
            output.Append(leaf).Append(' ');
        }

        foreach (var (head, child) in part.Children.Where(child => !child.Child.IsEmpty))
        {
            output.Append(head).Append(' ');
            Print(child, output);
            output.Append(' ');
        }

        output.Append('}');
    }

    /// <summary>A selection in the making: of an object, or of a fragment within an interface or union.</summary>
    private sealed class Part(GraphQlType type, Part? parent, GraphQlType? within)
    {
        public GraphQlType Type { get; } = type;

        /// <summary>The interface or union that this is a fragment of.</summary>
        public GraphQlType? Within { get; } = within;

        public int Depth { get; } = parent is null ? 1 : within is null ? parent.Depth + 1 : parent.Depth;

        public List<string> Leaves { get; } = [];

        public List<(string Head, Part Child)> Children { get; } = [];

        public bool IsEmpty => Leaves.Count == 0 && Children.All(child => child.Child.IsEmpty);

        /// <summary>Whether a type stands on the way here: cycles end at once.</summary>
        public bool IsInside(GraphQlType other) => ReferenceEquals(Type, other) || (Parent?.IsInside(other) ?? false);

        private Part? Parent { get; } = parent;
    }
}
