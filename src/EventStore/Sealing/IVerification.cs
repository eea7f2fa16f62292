namespace Toolgate.EventStore;

/// <summary>Proves that the log was not rewritten.</summary>
public interface IVerification
{
    /// <summary>
    /// Recomputes the hash chain over the stored text of every event, compares it with the seals, and checks every signed checkpoint,
    /// those kept outside the database included. Reads the whole log.
    /// </summary>
    Task<VerificationReport> Verify(CancellationToken cancellationToken = default);

    /// <summary>The signed heads, oldest first.</summary>
    Task<IReadOnlyList<SignedHead>> Checkpoints(CancellationToken cancellationToken = default);

    /// <summary>Signs the current head now, stores it, and writes it to the log output.</summary>
    Task<SignedHead> Checkpoint(CancellationToken cancellationToken = default);
}

/// <summary>The result of a verification.</summary>
/// <param name="Valid">True when nothing is wrong.</param>
/// <param name="Events">Events read.</param>
/// <param name="Head">Position and chain value of the last event; null for an empty log.</param>
/// <param name="FirstFault">The earliest fault found, or null.</param>
public sealed record VerificationReport(bool Valid, long Events, ChainHead? Head, VerificationFault? FirstFault);

/// <summary>A point of the chain.</summary>
/// <param name="Position">Log position.</param>
/// <param name="Hash">Chain value there, lower-case hex of 32 bytes.</param>
public sealed record ChainHead(long Position, string Hash);

/// <summary>A fault.</summary>
/// <param name="Position">Where it was found.</param>
/// <param name="Code"><c>event_changed</c>, <c>event_missing</c>, <c>event_unsealed</c>, <c>log_truncated</c>, <c>checkpoint_forged</c> or <c>stream_gap</c>.</param>
/// <param name="Detail">A sentence.</param>
public sealed record VerificationFault(long Position, string Code, string Detail);

/// <summary>A head of the chain, signed with a key that the database does not hold.</summary>
/// <param name="Head">What is signed.</param>
/// <param name="At">When, UTC.</param>
/// <param name="KeyId">Which key.</param>
/// <param name="Signature">ECDSA P-256 over the canonical text of the head, base64url.</param>
public sealed record SignedHead(ChainHead Head, DateTimeOffset At, string KeyId, string Signature);
