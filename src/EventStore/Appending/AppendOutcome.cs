namespace Toolgate.EventStore;

/// <summary>How an append ended. Infrastructure failures are exceptions; everything a caller can expect is one of these.</summary>
public abstract record AppendOutcome
{
    private AppendOutcome() { }

    /// <summary>The events are durable and sealed.</summary>
    /// <param name="Position">Position of the last of them.</param>
    /// <param name="Version">Version of the stream after them.</param>
    public sealed record Appended(long Position, long Version) : AppendOutcome;

    /// <summary>The stream was at another version; nothing was written.</summary>
    /// <param name="Actual">Its version, 0 when it does not exist.</param>
    public sealed record VersionConflict(long Actual) : AppendOutcome;

    /// <summary>A claimed name belongs to another stream; nothing was written.</summary>
    /// <param name="Claim">The name.</param>
    /// <param name="HolderStreamId">The stream that holds it.</param>
    public sealed record NameTaken(NameClaim Claim, string HolderStreamId) : AppendOutcome;
}
