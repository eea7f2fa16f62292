namespace Toolgate.Connections;

/// <summary>Where the parts of a converted document stood in the one that a person wrote. What was not moved stands where it stood.</summary>
internal sealed class PointerMap
{
    private readonly Dictionary<string, string> moved = new(StringComparer.Ordinal);

    /// <summary>Notes that what stands at <paramref name="converted"/> stood at <paramref name="original"/>.</summary>
    public void Add(string converted, string original) => moved[converted] = original;

    /// <summary>The pointer into the original document: the nearest part around it that was moved, and the way from there.</summary>
    public string Original(string converted)
    {
        for (var end = converted.Length; end > 0; end = converted.LastIndexOf('/', end - 1))
        {
            if (moved.TryGetValue(converted[..end], out var original))
            {
                return original + converted[end..];
            }
        }

        return converted;
    }
}
