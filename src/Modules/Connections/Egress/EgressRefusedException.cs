namespace Toolgate.Connections;

/// <summary>A request that the egress rules forbid. The message names the host that was asked for, never what it resolves to.</summary>
internal sealed class EgressRefusedException(string message) : Exception(message);
