namespace Toolgate.Access;

/// <summary>
/// Gets a small JSON document from an address that somebody else named: what a client says about itself, the keys of an issuer. Goes by the egress rules (no private
/// addresses unless the operator allows them, never metadata services), sends no credentials and follows no redirect.
/// </summary>
public interface IGuardedFetch
{
    /// <summary>Gets the document, within 5 seconds.</summary>
    /// <param name="url">Absolute, https; http on loopback only, where the egress rules allow it.</param>
    /// <param name="maxBytes">Most bytes of the document; a longer one is a fault.</param>
    /// <param name="cancellationToken">Nobody wants it any more.</param>
    /// <returns>The document, or why there is none. Never throws for what an upstream does.</returns>
    Task<Fetched> Get(Uri url, int maxBytes, CancellationToken cancellationToken);
}

/// <summary>What came of fetching a document.</summary>
/// <param name="Json">The bytes, declared to be JSON and not parsed; null when there is a fault.</param>
/// <param name="Lifetime">How long it may be kept: what its headers say, within a minute and a day; 5 minutes when they say nothing. Zero for a fault.</param>
/// <param name="Fault">For the operator's log: why there is none. Not for whoever named the address, to whom it could tell what answers there.</param>
public sealed record Fetched(ReadOnlyMemory<byte>? Json, TimeSpan Lifetime, string? Fault)
{
    /// <summary>There is no document.</summary>
    public static Fetched Failed(string fault) => new(null, TimeSpan.Zero, fault);
}
