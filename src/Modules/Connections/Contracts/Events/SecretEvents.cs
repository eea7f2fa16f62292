namespace Toolgate.Connections;

/// <summary>The data keys of the stored credentials were wrapped with another master key. Stream <c>secrets</c>. Holds no key.</summary>
/// <param name="KeyId">Name of the master key in force, which says nothing about it.</param>
/// <param name="Rewrapped">Secrets whose data key was wrapped anew.</param>
/// <param name="Unreadable">Secrets that were left as they are because this deployment does not have their master key.</param>
public sealed record MasterKeyRotated(string KeyId, int Rewrapped, int Unreadable);
