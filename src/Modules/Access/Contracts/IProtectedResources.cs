namespace Toolgate.Access;

/// <summary>The MCP endpoints that a person may authorize a client for; the module that knows toolkits implements it.</summary>
public interface IProtectedResources
{
    /// <summary>What this principal may be asked for, <c>/mcp</c> first, then toolkits by name.</summary>
    IReadOnlyList<ProtectedResource> VisibleTo(Principal principal);
}

/// <summary>An MCP endpoint as it is shown on a consent page.</summary>
/// <param name="Path"><c>/mcp</c> or <c>/mcp/toolkits/{slug}</c>.</param>
/// <param name="Name">Name to show.</param>
/// <param name="IsPersonal">Whether it belongs to the person alone.</param>
public sealed record ProtectedResource(string Path, string Name, bool IsPersonal);
