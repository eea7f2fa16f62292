using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>Environment variables of the server, those that <c>Toolgate:Secrets:Environment</c> names.</summary>
internal sealed class EnvironmentSource(IOptions<SecretsOptions> options) : ISecretSource
{
    /// <summary>Its word.</summary>
    public const string Source = "env";

    private const int MaxName = 200;

    /// <summary>Toolgate's own settings, its master key and its database among them, are read by nobody, whatever pattern they fit.</summary>
    private static readonly string[] Own = ["Toolgate_", "ConnectionStrings_"];

    /// <inheritdoc/>
    public string Word => Source;

    /// <inheritdoc/>
    public bool Allows(SecretReference reference) => IsName(reference.Name)
        && !Array.Exists(Own, prefix => reference.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        && Array.Exists(options.Value.Environment, allowed => allowed.EndsWith('*')
            ? reference.Name.AsSpan().StartsWith(allowed.AsSpan()[..^1], StringComparison.Ordinal)
            : reference.Name == allowed);

    /// <inheritdoc/>
    public ValueTask<string> Read(SecretReference reference, CancellationToken cancellationToken)
        => Environment.GetEnvironmentVariable(reference.Name) is { Length: > 0 } value
            ? ValueTask.FromResult(value)
            : throw new SecretSourceException("The environment variable is not set.");

    /// <summary>Whether an entry of the allow-list is a name, or the beginning of names and a star.</summary>
    public static bool IsEntry(string entry) => IsName(entry.EndsWith('*') ? entry[..^1] : entry);

    private static bool IsName(string name) => name.Length is > 0 and <= MaxName && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
