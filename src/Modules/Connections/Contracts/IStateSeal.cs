namespace Toolgate.Connections;

/// <summary>
/// Seals small pieces of state that a client keeps for the deployment and brings back: nobody else can read or make one. Every node can open what any node
/// sealed, also after the master key was rotated, for as long as the old key is kept.
/// </summary>
public interface IStateSeal
{
    /// <summary>The sealed form, base64url.</summary>
    /// <param name="state">What is sealed.</param>
    /// <param name="purpose">What it is for: what was sealed for one purpose does not open for another.</param>
    string Seal(ReadOnlySpan<byte> state, string purpose);

    /// <summary>What was sealed; null for anything that this deployment did not seal for this purpose, whatever is wrong with it.</summary>
    byte[]? Open(string text, string purpose);
}
