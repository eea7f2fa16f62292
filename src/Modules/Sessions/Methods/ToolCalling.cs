using Microsoft.AspNetCore.Http;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary><c>tools/call</c> in both eras.</summary>
internal sealed class ToolCalling(CallPipeline pipeline, SurfaceCalls surface, RelayedRequest relayed, OriginGuard origins)
{
    /// <summary>A call in a session.</summary>
    public Task Legacy(HttpContext context, Caller caller, McpMessage message, Session session)
        => relayed.Run(context, caller, message, session, null, Work(caller, session.Facts.Id, session.Facts.ProtocolVersion, OriginFor(context, caller, message)));

    /// <summary>A call of the stateless era.</summary>
    public Task Modern(HttpContext context, Caller caller, McpMessage message)
    {
        var tool = Find(caller, message);
        return tool is not null && HeaderParameters.FaultOf(context.Request.Headers, tool.Tool.Definition, message.Arguments) is { } fault
            ? ModernEra.Mismatch(context, message, fault)
            : relayed.Run(context, caller, message, null, Target(caller, message, tool), Work(caller, null, ModernEra.Version, OriginFor(context, caller, message)));
    }

    /// <summary>Read while the request lasts, and only where a link may be given: the work can outlive the request.</summary>
    private string OriginFor(HttpContext context, Caller caller, McpMessage message)
        => caller.View.Connecting.Count == 0 ? "" : Find(caller, message) is null or { Connects: not null } ? origins.OriginFor(context.Request) : "";

    private RelayedWork Work(Caller caller, string? sessionId, string era, string origin) => (client, message, cancellationToken) =>
    {
        var request = new CallRequest(client, caller.View, Find(caller, message), message.Name ?? "", message.Arguments, sessionId, era) { Origin = origin };
        return caller.View.Surface == ToolSurface.Direct ? pipeline.Call(request, cancellationToken) : surface.Call(request, cancellationToken);
    };

    /// <summary>The tool that a call reaches. A call that is tried again is decided on again: what may not be called any more is not reached.</summary>
    private string? Target(Caller caller, McpMessage message, ViewTool? tool)
    {
        var arguments = message.Arguments;
        var name = message.Name;
        if (caller.View.Surface != ToolSurface.Direct)
        {
            (tool, arguments, name) = surface.Reached(caller.View, message.Name, arguments);
        }

        if (tool is null && message.RequestState is not null && name is not null)
        {
            // The account may have been connected while the client showed the page: its tool is gone then, and the call that waits ends as it would have.
            return caller.View.FindConnecting(name);
        }

        return tool is null || (message.RequestState is not null && pipeline.WouldRefuse(caller.Principal, caller.View, tool, arguments)) ? null : tool.Tool.Address;
    }

    private static ViewTool? Find(Caller caller, McpMessage message) => message.Name is { } name ? caller.View.ByName.GetValueOrDefault(name) : null;
}
