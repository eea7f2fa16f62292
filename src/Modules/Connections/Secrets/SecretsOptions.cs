using System.Buffers.Text;

namespace Toolgate.Connections;

/// <summary>Section <c>Toolgate:Secrets</c>.</summary>
internal sealed class SecretsOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Toolgate:Secrets";

    /// <summary>What is said when <see cref="HasValidReferences"/> is not so.</summary>
    public const string InvalidReferences =
        "Toolgate:Secrets: Environment holds names, or beginnings of names that end in *; Vault needs an Address (https, or http on loopback), one of Token and TokenFile, a Mount "
        + "and Paths, whole or ending in /*; CacheTime is from over zero to one hour.";

    /// <summary>The master key: base64 of 32 random bytes. Without it a key file in the data folder is used, and made when there is none.</summary>
    public string? MasterKey { get; set; }

    /// <summary>Earlier master keys that some data keys are still wrapped with; needed until a rotation has ended.</summary>
    public string[] PreviousMasterKeys { get; set; } = [];

    /// <summary>Environment variables of the server that credentials may refer to: names, or beginnings of names that end in a star. None when empty.</summary>
    public string[] Environment { get; set; } = [];

    /// <summary>The folder of the files that credentials may refer to; none when it is not given.</summary>
    public string? Files { get; set; }

    /// <summary>The vault that credentials may refer to; none when it is not given.</summary>
    public VaultOptions? Vault { get; set; }

    /// <summary>How long a value that credentials refer to is used before it is read again.</summary>
    public TimeSpan CacheTime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The folder of <see cref="KeyFile"/>; taken from <c>Toolgate:DataDirectory</c>.</summary>
    public string DataDirectory { get; set; } = "./.toolgate";

    /// <summary>The key file in the data folder, readable by its owner only.</summary>
    public string KeyFile => Path.Combine(DataDirectory, "master.key");

    /// <summary>Whether the configured keys are keys at all.</summary>
    public bool IsValid() => (MasterKey is null || IsKey(MasterKey)) && PreviousMasterKeys.All(IsKey);

    /// <summary>Whether everything that credentials may refer to can be read as a setting.</summary>
    public bool HasValidReferences() => Array.TrueForAll(Environment, EnvironmentSource.IsEntry) && Files is not "" && Vault?.IsValid() != false
        && CacheTime > TimeSpan.Zero && CacheTime <= TimeSpan.FromHours(1);

    private static bool IsKey(string text) => Base64.IsValid(text, out var length) && length == MasterKeyRing.KeyBytes;
}
