using System.ComponentModel.DataAnnotations;

namespace Toolgate.Access;

/// <summary>Configuration of access, section <c>Toolgate</c>.</summary>
internal sealed class AccessOptions
{
    /// <summary>Value of the owner's key on an empty database, 32 to 512 characters; null to generate one and print it once.</summary>
    [StringLength(512, MinimumLength = 32)]
    public string? BootstrapKey { get; init; }

    /// <summary>What callers without a credential may reach.</summary>
    public AnonymousOptions Anonymous { get; init; } = new();
}

/// <summary>Section <c>Toolgate:Anonymous</c>.</summary>
internal sealed class AnonymousOptions
{
    /// <summary>Slugs of shared toolkits that are served without a credential, to loopback addresses only. Empty: none.</summary>
    public IReadOnlyList<string> Toolkits { get; init; } = [];
}
