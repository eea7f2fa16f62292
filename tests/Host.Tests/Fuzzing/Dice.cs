namespace Toolgate.Host.Tests;

/// <summary>Numbers that look random and are the same in every run and version: SplitMix64.</summary>
internal class Dice(long seed)
{
    private ulong state = unchecked((ulong)seed * 0x9E3779B97F4A7C15);

    /// <summary>From 0, below <paramref name="below"/>.</summary>
    public virtual int Next(int below)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (int)((z ^ (z >> 31)) % (ulong)below);
        }
    }

    /// <summary>From <paramref name="from"/>, below <paramref name="below"/>.</summary>
    public int Next(int from, int below) => from + Next(below - from);
}
