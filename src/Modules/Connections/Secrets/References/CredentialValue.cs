using System.Text.Json;
using System.Text.Json.Serialization;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>What is given for a variable of a template: the value itself, or the place where it is kept. Exactly one of the two.</summary>
/// <param name="Text">The value. Write-only.</param>
/// <param name="Place">Where the value is kept.</param>
[TextOr<SecretPlace>]
[JsonConverter(typeof(CredentialValueConverter))]
internal sealed record CredentialValue(string? Text, SecretPlace? Place = null)
{
    /// <summary>Keeps the value out of anything that prints it.</summary>
    public override string ToString() => nameof(CredentialValue);
}

/// <summary>A place outside of Toolgate where a secret is kept; exactly one member.</summary>
/// <param name="Env">Name of an environment variable of the server that the operator allows.</param>
/// <param name="File">Name of a file in the folder that the operator names.</param>
/// <param name="Vault">A secret of the operator's HashiCorp Vault.</param>
internal sealed record SecretPlace(string? Env = null, string? File = null, VaultPlace? Vault = null)
{
    /// <summary>The place as the log keeps it; null when it is not exactly one, or half a place.</summary>
    public SecretReference? ToReference(string variable) => (Env, File, Vault) switch
    {
        ({ } name, null, null) => new SecretReference(variable, EnvironmentSource.Source, name, null),
        (null, { } name, null) => new SecretReference(variable, FileSource.Source, name, null),
        (null, null, { Path: { } path, Key: { } key }) => new SecretReference(variable, VaultSource.Source, path, key),
        _ => null,
    };

    /// <summary>How a reference is shown.</summary>
    public static SecretPlace Of(SecretReference reference) => reference.Source switch
    {
        EnvironmentSource.Source => new SecretPlace(Env: reference.Name),
        FileSource.Source => new SecretPlace(File: reference.Name),
        _ => new SecretPlace(Vault: new VaultPlace(reference.Name, reference.Key)),
    };
}

/// <summary>A member of a secret of Vault's key-value engine, version 2.</summary>
/// <param name="Path">Path of the secret below the mount that the operator configured.</param>
/// <param name="Key">Which member of the secret.</param>
internal sealed record VaultPlace(string? Path = null, string? Key = null);

/// <summary>Reads a text or an object.</summary>
internal sealed class CredentialValueConverter : JsonConverter<CredentialValue>
{
    /// <inheritdoc/>
    public override CredentialValue? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => new CredentialValue(reader.GetString()),
        JsonTokenType.StartObject => new CredentialValue(null, JsonSerializer.Deserialize<SecretPlace>(ref reader, options)),
        _ => throw new JsonException(),
    };

    /// <summary>Nothing writes one: values are write-only.</summary>
    public override void Write(Utf8JsonWriter writer, CredentialValue value, JsonSerializerOptions options) => throw new NotSupportedException();
}
