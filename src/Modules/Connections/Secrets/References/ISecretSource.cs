namespace Toolgate.Connections;

/// <summary>A kind of place where secrets are kept outside of Toolgate. What may be read there is the operator's to say: nothing, unless configured.</summary>
internal interface ISecretSource
{
    /// <summary>The word for it in references: <c>env</c>, <c>file</c> or <c>vault</c>.</summary>
    string Word { get; }

    /// <summary>Whether the operator allows the place. Says nothing of whether there is anything.</summary>
    bool Allows(SecretReference reference);

    /// <summary>Reads a value from an allowed place.</summary>
    /// <param name="reference">Where it is kept.</param>
    /// <param name="cancellationToken">It takes too long.</param>
    /// <exception cref="SecretSourceException">There is none, or it cannot be read.</exception>
    ValueTask<string> Read(SecretReference reference, CancellationToken cancellationToken);
}

/// <summary>A value could not be read. The message is for the operator's log: it says why, and holds no part of a value.</summary>
internal sealed class SecretSourceException(string message) : Exception(message);
