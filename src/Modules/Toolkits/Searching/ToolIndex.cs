using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>
/// Ranks the tools of one view for a query with BM25F (Robertson, Zaragoza and Taylor 2004): how often a term stands in each field, by the field's weight
/// and length, saturated once for all fields, times how rare the term is in this view. A query need not match whole; what matches more of it comes first.
/// The terms are kept with the definitions and shared by every view, so an index is an array of references and seven averages.
/// </summary>
internal sealed class ToolIndex
{
    /// <summary>Longest query that is read, in characters.</summary>
    public const int LongestQuery = 500;

    private const int MostQueryTerms = 16;
    private const float Saturation = 1.2f;
    private const float SynonymWeight = 0.45f;
    private const float ScopeWeight = 0.8f;
    private const float NameFloor = 0.4f;

    // Name, group, path, title, summary, description, parameters.
    private static readonly float[] Weights = [4.0f, 2.5f, 1.5f, 3.0f, 3.0f, 0.6f, 0.4f];
    private static readonly float[] Lengthy = [0.5f, 0.3f, 0.5f, 0.5f, 0.6f, 0.75f, 0.75f];

    private static readonly ConditionalWeakTable<ToolDefinition, ToolTerms> Known = [];

    private readonly ImmutableArray<ViewTool> tools;
    private readonly ToolTerms[] terms;
    private readonly uint[][] scopes;
    private readonly FrozenDictionary<uint, float> rarities;
    private readonly float[] identities;
    private readonly float[] averages = new float[ToolTerms.Fields];

    /// <summary>Indexes the tools of a view.</summary>
    public ToolIndex(ImmutableArray<ViewTool> tools)
    {
        this.tools = tools;
        terms = new ToolTerms[tools.Length];
        scopes = new uint[tools.Length][];
        var known = new Dictionary<(string, string), uint[]>();
        for (var i = 0; i < tools.Length; i++)
        {
            var tool = tools[i];
            terms[i] = TermsOf(tool);
            var scope = (tool.Tool.Integration, tool.Tool.Connection);
            scopes[i] = known.TryGetValue(scope, out var hashes)
                ? hashes
                : known[scope] = [.. SearchWords.Terms(scope.Integration + " " + scope.Connection).Select(ToolTerms.HashOf).Distinct()];
            for (var field = 0; field < ToolTerms.Fields; field++)
            {
                averages[field] += terms[i].Length(field);
            }
        }

        for (var field = 0; field < ToolTerms.Fields; field++)
        {
            averages[field] = Math.Max(averages[field] / Math.Max(tools.Length, 1), 1);
        }

        rarities = terms.SelectMany(t => t.Identity()).CountBy(term => term).ToFrozenDictionary(pair => pair.Key, pair => Rarity(pair.Value));
        identities = Array.ConvertAll(terms, t => Math.Max(t.Identity().Sum(RarityOf), float.Epsilon));
    }

    /// <summary>The tools that hold something of the query, best first; equal ones by address.</summary>
    public IReadOnlyList<FoundTool> Search(string query)
    {
        var asked = Asked(query);
        if (asked.Count == 0)
        {
            return [];
        }

        var scores = new float[tools.Length];
        var covered = new float[tools.Length];
        var named = new float[tools.Length];
        var mass = 0f;
        foreach (var alternatives in asked)
        {
            mass += Add(alternatives, scores, covered, named);
        }

        return Ranked(scores, covered, named, mass);
    }

    /// <summary>
    /// Adds what one word of the query gives each tool. Of the word and its synonyms the one that fits a tool best counts, and none is rarer than the word
    /// itself: a synonym stands for it. Returns the word's weight.
    /// </summary>
    private float Add((uint Term, float Weight)[] alternatives, float[] scores, float[] covered, float[] named)
    {
        var best = new float[tools.Length];
        var name = new float[tools.Length];
        var (exact, any) = (0, 0);
        foreach (var (term, weight) in alternatives)
        {
            for (var i = 0; i < best.Length; i++)
            {
                var frequency = weight * Frequency(i, term, out var isName);
                if (frequency == 0)
                {
                    continue;
                }

                exact += weight == 1 ? 1 : 0;
                any += best[i] == 0 ? 1 : 0;
                best[i] = Math.Max(best[i], frequency);
                if (isName)
                {
                    name[i] = Math.Max(name[i], RarityOf(term));
                }
            }
        }

        if (any == 0)
        {
            // Nobody speaks of it: it tells no tool from another.
            return 0;
        }

        var rarity = Rarity(exact > 0 ? exact : any);
        for (var i = 0; i < best.Length; i++)
        {
            if (best[i] > 0)
            {
                scores[i] += rarity * best[i] / (Saturation + best[i]);
                covered[i] += rarity;
                named[i] += name[i];
            }
        }

        return rarity;
    }

    private float Rarity(int holders) => MathF.Log(1 + ((tools.Length - holders + 0.5f) / (holders + 0.5f)));

    private float RarityOf(uint term) => rarities.GetValueOrDefault(term);

    private float Frequency(int tool, uint term, out bool isName)
    {
        var counts = terms[tool].Counts(term);
        isName = (counts & 0xFF_FFFF) != 0;
        var frequency = Array.IndexOf(scopes[tool], term) >= 0 ? ScopeWeight : 0f;
        for (var field = 0; counts != 0; field++, counts >>= 8)
        {
            if ((counts & 0xFF) is not 0 and var count)
            {
                frequency += Weights[field] * count / (1 - Lengthy[field] + (Lengthy[field] * terms[tool].Length(field) / averages[field]));
            }
        }

        return frequency;
    }

    private List<FoundTool> Ranked(float[] scores, float[] covered, float[] named, float mass)
    {
        var found = new List<FoundTool>();
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] > 0)
            {
                var query = covered[i] / mass;
                var name = Math.Min(named[i] / identities[i], 1);
                found.Add(new FoundTool(tools[i], scores[i] * query * (NameFloor + ((1 - NameFloor) * name))));
            }
        }

        // Stable by construction: the tools stand in the order of their addresses.
        return [.. found.OrderByDescending(one => one.Score)];
    }

    /// <summary>For each word of the query, the hashes that may be meant by it and what each counts.</summary>
    private static List<(uint Term, float Weight)[]> Asked(string query)
        => [.. SearchWords.Terms(query.Length > LongestQuery ? query[..LongestQuery] : query).Distinct(StringComparer.Ordinal).Take(MostQueryTerms).Select(stem =>
        {
            var meant = new List<(uint, float)> { (ToolTerms.HashOf(stem), 1f) };
            foreach (var other in SearchSynonyms.Of(stem))
            {
                meant.Add((ToolTerms.HashOf(other), SynonymWeight));
            }

            return meant.ToArray();
        })];

    /// <summary>Terms of a tool that is shown as its source defines it are shared; a toolkit's own words are read for its index alone.</summary>
    private static ToolTerms TermsOf(ViewTool tool)
    {
        var definition = tool.Tool.Definition;
        return tool.Shape is null && (tool.Name == tool.Tool.McpName || tool.Name == ToolNames.UpstreamOf(definition))
            ? Known.GetValue(definition, static d => Read(d, null, d.Title, d.Description, d.InputSchema))
            : Read(definition, tool.Name == tool.Tool.McpName ? null : tool.Name, tool.Title, tool.Description, tool.InputSchema);
    }

    private static ToolTerms Read(ToolDefinition definition, string? given, string? title, string description, ReadOnlyMemory<byte> schema)
    {
        string[] names = [definition.Name, definition.UpstreamName ?? "", given ?? ""];
        return ToolTerms.Of(names.Where(name => name.Length > 0).Distinct(StringComparer.Ordinal), definition.ApprovalText, title, description, schema);
    }
}
