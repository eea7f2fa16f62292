namespace Toolgate.Acceptance.Tests;

/// <summary>Repeatable choices: SplitMix64 from a seed, so that a failing round can be run again.</summary>
public sealed class Dice(ulong seed)
{
    private ulong state = seed;

    /// <summary>0 to <paramref name="sides"/> - 1.</summary>
    public int Roll(int sides)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)sides);
    }

    public T Pick<T>(IReadOnlyList<T> items) => items[Roll(items.Count)];

    /// <summary>Each item with a chance of one half.</summary>
    public IReadOnlyList<T> Some<T>(IEnumerable<T> items) => [.. items.Where(_ => Roll(2) == 0)];
}
