using System.Collections.Immutable;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Values that were checked, ready to be kept: those that are sealed, and where the others are.</summary>
/// <param name="SecretId">Row of the sealed values; null when the template asks for none.</param>
/// <param name="References">Where the values are kept that are not sealed.</param>
/// <param name="Writes">What stores the sealed ones.</param>
internal sealed record Credentials(string? SecretId, ImmutableArray<SecretReference> References, ImmutableArray<SideWrite> Writes)
{
    /// <summary>
    /// Seals what is to be sealed. There is a row even when every value is kept elsewhere: its id is what tells the credentials of a connection from its earlier ones.
    /// </summary>
    public static Credentials Of(IReadOnlyDictionary<string, CredentialValue> values, SecretVault vault)
    {
        if (values.Count == 0)
        {
            return new Credentials(null, [], []);
        }

        var id = SecretVault.NewId();
        var texts = values.Where(pair => pair.Value is { Text: not null }).ToDictionary(pair => pair.Key, pair => pair.Value.Text!, StringComparer.Ordinal);
        return new Credentials(
            id,
            [.. values.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value?.Place?.ToReference(pair.Key)).OfType<SecretReference>()],
            [vault.Store(id, texts)]);
    }
}
