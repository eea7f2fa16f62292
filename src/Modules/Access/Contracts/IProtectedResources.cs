namespace Toolgate.Access;

/// <summary>What an MCP client can be let into; implemented where toolkits are.</summary>
public interface IProtectedResources
{
    /// <summary>The resource of a path as a person sees it; null when it does not exist for them.</summary>
    /// <param name="path"><c>/mcp</c> or <c>/mcp/toolkits/{slug}</c>.</param>
    /// <param name="person">Who looks.</param>
    ProtectedResource? Find(string path, Principal person);

    /// <summary>The toolkits that a person sees, by name.</summary>
    IReadOnlyList<ProtectedResource> Toolkits(Principal person);
}

/// <summary>Something that an MCP client can be let into.</summary>
/// <param name="Path">Path of its MCP URL.</param>
/// <param name="ToolkitId"><c>tk_…</c>; null for <c>/mcp</c>.</param>
/// <param name="Name">Name to show; text.</param>
public sealed record ProtectedResource(string Path, string? ToolkitId, string Name);
