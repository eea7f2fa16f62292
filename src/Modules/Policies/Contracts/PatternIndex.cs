using System.Collections.Immutable;

namespace Toolgate.Policies;

/// <summary>
/// An ordered list of patterns, prepared for deciding many addresses. Patterns without <c>*</c> are looked up, the others are first narrowed to those
/// that can speak about a connection at all, so that the work is tools + connections × patterns rather than tools × patterns. Gives exactly what
/// trying the patterns in order gives.
/// </summary>
public sealed class PatternIndex
{
    private readonly Dictionary<string, int> exact;
    private readonly ImmutableArray<(int Index, Pattern Pattern)> open;

    /// <summary>Prepares a list.</summary>
    public PatternIndex(IEnumerable<Pattern> ordered)
    {
        var literal = new Dictionary<string, int>(StringComparer.Ordinal);
        var wild = ImmutableArray.CreateBuilder<(int, Pattern)>();
        var index = 0;
        foreach (var pattern in ordered)
        {
            if (pattern.IsExact)
            {
                literal.TryAdd(pattern.Text, index);
            }
            else
            {
                wild.Add((index, pattern));
            }

            index++;
        }

        exact = literal;
        open = wild.ToImmutable();
    }

    /// <summary>The list narrowed to addresses that begin with <paramref name="prefix"/> and a dot.</summary>
    public Narrowed Under(ReadOnlySpan<char> prefix)
    {
        var candidates = new List<(int Index, Pattern? Pattern)>();
        foreach (var (index, pattern) in open)
        {
            var reach = pattern.Reach(prefix);
            if (reach != PatternReach.None)
            {
                candidates.Add((index, reach == PatternReach.All ? null : pattern));
                if (reach == PatternReach.All)
                {
                    break; // Nothing behind it is ever reached.
                }
            }
        }

        return new Narrowed(exact, [.. candidates]);
    }

    /// <summary>The part of a list that can speak about one connection.</summary>
    public sealed class Narrowed
    {
        private readonly Dictionary<string, int> exact;
        private readonly (int Index, Pattern? Pattern)[] candidates;

        internal Narrowed(Dictionary<string, int> exact, (int Index, Pattern? Pattern)[] candidates)
        {
            this.exact = exact;
            this.candidates = candidates;
        }

        /// <summary>Index in the list of the first pattern that matches the address; -1 when none does.</summary>
        public int First(string address)
        {
            var found = exact.Count > 0 && exact.TryGetValue(address, out var index) ? index : -1;
            foreach (var (at, pattern) in candidates)
            {
                if (found >= 0 && found < at)
                {
                    return found;
                }

                if (pattern is null || pattern.Matches(address))
                {
                    return at;
                }
            }

            return found;
        }
    }
}
