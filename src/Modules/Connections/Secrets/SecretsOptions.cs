using System.Buffers.Text;

namespace Toolgate.Connections;

/// <summary>Section <c>Toolgate:Secrets</c>.</summary>
internal sealed class SecretsOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Toolgate:Secrets";

    /// <summary>The master key: base64 of 32 random bytes. Without it a key file in the data folder is used, and made when there is none.</summary>
    public string? MasterKey { get; set; }

    /// <summary>Earlier master keys that some data keys are still wrapped with; needed until a rotation has ended.</summary>
    public string[] PreviousMasterKeys { get; set; } = [];

    /// <summary>The folder of <see cref="KeyFile"/>; taken from <c>Toolgate:DataDirectory</c>.</summary>
    public string DataDirectory { get; set; } = "./.toolgate";

    /// <summary>The key file in the data folder, readable by its owner only.</summary>
    public string KeyFile => Path.Combine(DataDirectory, "master.key");

    /// <summary>Whether the configured keys are keys at all.</summary>
    public bool IsValid() => (MasterKey is null || IsKey(MasterKey)) && PreviousMasterKeys.All(IsKey);

    private static bool IsKey(string text) => Base64.IsValid(text, out var length) && length == MasterKeyRing.KeyBytes;
}
