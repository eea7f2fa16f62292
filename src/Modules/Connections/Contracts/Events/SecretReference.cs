namespace Toolgate.Connections;

/// <summary>Where the value of a variable is kept outside of Toolgate. Says where, never what.</summary>
/// <param name="Variable">The variable of the auth template that it fills.</param>
/// <param name="Source"><c>env</c>, <c>file</c> or <c>vault</c>.</param>
/// <param name="Name">Name of the environment variable, name of the file in the operator's folder, or path of the secret in the vault.</param>
/// <param name="Key">Which member of the vault's secret; null for the other sources.</param>
public sealed record SecretReference(string Variable, string Source, string Name, string? Key);
