namespace Toolgate.EventStore;

/// <summary>How the log of one host works.</summary>
public sealed class EventStoreOptions
{
    /// <summary>Folder for what must not be in the database: the checkpoint key and the witness file. Created when missing. Required.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>PEM of the ECDSA P-256 private key that signs checkpoints; null: a key is made once and kept in the data directory (0600).</summary>
    public string? CheckpointKeyPem { get; set; }

    /// <summary>PEMs of the public keys of other hosts whose checkpoints this host verifies too.</summary>
    public IReadOnlyList<string> TrustedCheckpointKeys { get; set; } = [];

    /// <summary>The head is signed this often, when it moved.</summary>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The head is signed after this many positions at the latest.</summary>
    public long CheckpointEvents { get; set; } = 10_000;

    /// <summary>Read models are saved this often, when their position moved.</summary>
    public TimeSpan SnapshotInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often the log is looked at when no notification arrives.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Shortest time between two runs of a projection that nobody waits for; keeps projections from taxing the writer.</summary>
    public TimeSpan ProjectionInterval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Requests committed together at most. 1 to 4,096.</summary>
    public int MaxBatch { get; set; } = 256;

    /// <summary>Requests that may wait for the writer; more wait at the door.</summary>
    public int QueueCapacity { get; set; } = 8_192;

    /// <summary>How long the writer tries to learn the outcome of a commit whose answer was lost.</summary>
    public TimeSpan OutcomeTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>When false, read models are always folded from the log at start and no snapshot is kept.</summary>
    public bool Snapshots { get; set; } = true;
}
