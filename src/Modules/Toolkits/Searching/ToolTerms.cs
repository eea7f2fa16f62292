using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Toolgate.Toolkits;

/// <summary>Where a term stands in a tool; each field weighs differently.</summary>
internal enum SearchField
{
    /// <summary>The last part of the name: <c>listForRepo</c> of <c>issues.listForRepo</c>.</summary>
    Name,

    /// <summary>What stands before it: <c>issues</c>.</summary>
    Group,

    /// <summary>What an approver reads: method and path of HTTP operations.</summary>
    Path,

    /// <summary>The title.</summary>
    Title,

    /// <summary>The first sentence of the description.</summary>
    Summary,

    /// <summary>The rest of it.</summary>
    Description,

    /// <summary>Names of parameters and their descriptions.</summary>
    Parameters,
}

/// <summary>
/// What can be found in one tool: each term's hash with how often it stands in each field. Independent of views and connections, so kept once for each
/// definition; at most <see cref="MostTerms"/> terms of 12 bytes. Two terms that share a hash of 32 bits could only shift a rank.
/// </summary>
internal sealed class ToolTerms
{
    /// <summary>Number of fields.</summary>
    public const int Fields = 7;

    /// <summary>Most terms of one tool.</summary>
    public const int MostTerms = 500;

    private const int LongestText = 4_000;
    private const int LongestParameterText = 400;
    private const int MostParameters = 100;

    /// <summary>Counts of the fields name, group and path.</summary>
    private const ulong IdentityMask = 0xFF_FFFF;

    /// <summary>HTTP methods repeat what the name says.</summary>
    private static readonly FrozenSet<uint> Methods = new[] { "get", "post", "put", "patch" }.Select(HashOf).ToFrozenSet();

    private readonly uint[] terms;
    private readonly ulong[] counts;
    private readonly ushort[] lengths = new ushort[Fields];

    private ToolTerms(Dictionary<uint, ulong> found, ReadOnlySpan<int> lengths)
    {
        terms = [.. found.Keys.Order()];
        counts = Array.ConvertAll(terms, term => found[term]);
        for (var i = 0; i < Fields; i++)
        {
            this.lengths[i] = (ushort)Math.Min(lengths[i], ushort.MaxValue);
        }
    }

    /// <summary>Terms in a field, repetitions counted.</summary>
    public int Length(int field) => lengths[field];

    /// <summary>How often a term stands in each field, a byte for each, the first field lowest; 0 when it is not there.</summary>
    public ulong Counts(uint term) => Array.BinarySearch(terms, term) is >= 0 and var at ? counts[at] : 0;

    /// <summary>The terms that say what the tool is: those of its name, group and path.</summary>
    public IEnumerable<uint> Identity()
    {
        for (var i = 0; i < terms.Length; i++)
        {
            if ((counts[i] & IdentityMask) != 0 && !Methods.Contains(terms[i]))
            {
                yield return terms[i];
            }
        }
    }

    /// <summary>The hash under which a stem is kept: FNV-1a, so that every node ranks alike.</summary>
    public static uint HashOf(string stem)
    {
        var hash = 2_166_136_261u;
        foreach (var c in stem)
        {
            hash = unchecked((hash ^ c) * 16_777_619u);
        }

        return hash;
    }

    /// <summary>The terms of a tool as it is listed.</summary>
    /// <param name="names">Its name, and other names under which it is known.</param>
    /// <param name="path">What an approver reads.</param>
    /// <param name="title">The title that is listed.</param>
    /// <param name="description">The description that is listed.</param>
    /// <param name="schema">The schema that is listed.</param>
    public static ToolTerms Of(IEnumerable<string> names, string path, string? title, string description, ReadOnlyMemory<byte> schema)
    {
        var reading = new Reading();
        foreach (var name in names)
        {
            var dot = name.LastIndexOf('.');
            reading.Add(name.AsSpan(dot + 1), SearchField.Name);
            reading.Add(name.AsSpan(0, Math.Max(dot, 0)), SearchField.Group);
        }

        reading.Path(path);
        reading.Add(title, SearchField.Title);
        var end = SentenceEnd(description);
        reading.Add(description.AsSpan(0, end), SearchField.Summary);
        reading.Add(description.AsSpan(end), SearchField.Description);
        try
        {
            using var document = JsonDocument.Parse(schema);
            reading.Parameters(document.RootElement, levels: 2);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A schema that cannot be read holds nothing that can be found.
        }

        return new ToolTerms(reading.Found, reading.Lengths);
    }

    private static int SentenceEnd(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] is '.' or '!' or '?' && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1]))))
            {
                return i + 1;
            }
        }

        return text.Length;
    }

    private sealed class Reading
    {
        public Dictionary<uint, ulong> Found { get; } = [];

        public int[] Lengths { get; } = new int[Fields];

        private int parameters;

        public void Add(ReadOnlySpan<char> text, SearchField field, int longest = LongestText) => SearchWords.Each(text.Length > longest ? text[..longest] : text, word =>
        {
            Lengths[(int)field]++;
            var term = HashOf(EnglishStem.Of(word));
            if (Found.Count >= MostTerms && !Found.ContainsKey(term))
            {
                return;
            }

            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(Found, term, out _);
            var shift = 8 * (int)field;
            if (((count >> shift) & 0xFF) < 0xFF)
            {
                count += 1UL << shift;
            }
        });

        /// <summary>A path without its placeholders, which are parameters and no part of what the tool is.</summary>
        public void Path(ReadOnlySpan<char> path)
        {
            while (path.IndexOf('{') is >= 0 and var open)
            {
                Add(path[..open], SearchField.Path);
                var close = path[open..].IndexOf('}');
                path = close < 0 ? [] : path[(open + close + 1)..];
            }

            Add(path, SearchField.Path);
        }

        public void Parameters(JsonElement schema, int levels)
        {
            if (levels == 0 || schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties"u8, out var properties)
                || properties.ValueKind != JsonValueKind.Object)
            {
                return;
            }

            foreach (var property in properties.EnumerateObject())
            {
                if (parameters++ >= MostParameters)
                {
                    return;
                }

                Add(property.Name, SearchField.Parameters);
                if (property.Value.ValueKind == JsonValueKind.Object)
                {
                    if (property.Value.TryGetProperty("description"u8, out var description) && description.ValueKind == JsonValueKind.String)
                    {
                        Add(description.GetString(), SearchField.Parameters, LongestParameterText);
                    }

                    Parameters(property.Value, levels - 1);
                }
            }
        }
    }
}
