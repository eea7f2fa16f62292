using Toolgate.Access;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>A request that may go on: who it is from, and what they see at the resource that they named.</summary>
/// <param name="Principal">From the verified credential alone.</param>
/// <param name="View">The resource, decided for this principal.</param>
internal readonly record struct Caller(Principal Principal, ToolView View)
{
    /// <summary>The exact resource.</summary>
    public McpResource Resource => View.Resource;
}
