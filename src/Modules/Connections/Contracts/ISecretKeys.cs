using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>The master key that wraps the data key of every stored credential.</summary>
public interface ISecretKeys
{
    /// <summary>
    /// Rewraps every data key with a new master key; values themselves are neither read nor written. With a key file the new key is made
    /// here, and older ones leave the file when nothing is wrapped with them any more (the last one stays until the next rotation). With a configured key the operator sets the new one
    /// as <c>Toolgate:Secrets:MasterKey</c> and the old one under <c>Toolgate:Secrets:PreviousMasterKeys</c> first. An interrupted
    /// rotation leaves everything readable; running it again finishes it.
    /// </summary>
    /// <param name="metadata">Who rotates, for the event.</param>
    /// <param name="cancellationToken">The caller gave up; what was done stays.</param>
    /// <returns>What was done; null while another rotation of this database runs.</returns>
    Task<KeyRotation?> Rotate(EventMetadata metadata, CancellationToken cancellationToken = default);
}

/// <summary>A finished rotation.</summary>
/// <param name="KeyId">Id of the master key in force; not the key.</param>
/// <param name="Rewrapped">Secrets whose data key was wrapped anew.</param>
/// <param name="Unreadable">Secrets whose master key this deployment does not have; they are left as they are, and so are the keys.</param>
public sealed record KeyRotation(string KeyId, int Rewrapped, int Unreadable);
