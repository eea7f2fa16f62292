namespace Toolgate.Access;

/// <summary>
/// Fetches a small document from an address that somebody else named, under the egress rules: judged addresses, no redirects, no credentials. The module that
/// dials implements it.
/// </summary>
public interface IGuardedFetch
{
    /// <summary>GETs a document.</summary>
    /// <param name="address">An absolute https URL; http only where the egress rules allow its network.</param>
    /// <param name="maxBytes">Most that is read of it.</param>
    /// <param name="cancellationToken">Whoever waits gave up; 10 s are the limit anyway.</param>
    /// <returns>The document, or why there is none.</returns>
    Task<FetchedDocument> Get(Uri address, int maxBytes, CancellationToken cancellationToken);
}

/// <summary>A fetched document, or the reason why there is none.</summary>
/// <param name="Status">HTTP status; 0 when there was no answer.</param>
/// <param name="ContentType">Media type without parameters; null when the answer named none.</param>
/// <param name="Body">What was read.</param>
/// <param name="FreshFor">How long it may be kept, from its own cache headers; null when they say nothing.</param>
/// <param name="Fault">A sentence for a person when there was no usable answer; never an address of the inside.</param>
public sealed record FetchedDocument(int Status, string? ContentType, ReadOnlyMemory<byte> Body, TimeSpan? FreshFor, string? Fault);
