using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>What is wrong with a manifest, each fault with its JSON Pointer (RFC 6901) and a stable code, in the order of the document.</summary>
internal sealed class FaultList
{
    private readonly List<Diagnostic> faults = [];

    /// <summary>How many there are; more than <see cref="PluginLimits.Faults"/> are counted but not kept.</summary>
    public int Count { get; private set; }

    /// <summary>Notes a fault. Messages never repeat a value that could be a secret.</summary>
    public void Add(string pointer, string code, string message)
    {
        Count++;
        if (faults.Count < PluginLimits.Faults)
        {
            faults.Add(new Diagnostic(pointer, code, message));
        }
    }

    /// <summary>The faults kept.</summary>
    public ImmutableArray<Diagnostic> ToArray() => [.. faults];
}
