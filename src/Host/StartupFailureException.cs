namespace Toolgate.Host;

/// <summary>A reason not to start that an operator can act on. The message is all that is shown: no stack, no secret.</summary>
internal sealed class StartupFailureException(string message, Exception? inner = null) : Exception(message, inner);
