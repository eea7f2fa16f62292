using Microsoft.AspNetCore.Http;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary><c>tools/call</c> in both eras.</summary>
internal sealed class ToolCalling(CallPipeline pipeline, SurfaceCalls surface, ResumingApproval resuming, RelayedRequest relayed, OriginGuard origins)
{
    /// <summary>A call in a session.</summary>
    public Task Legacy(HttpContext context, Caller caller, McpMessage message, Session session)
        => relayed.Run(context, caller, message, session, null, Work(context, caller, message, session.Facts.Id, session.Facts.ProtocolVersion));

    /// <summary>A call of the stateless era.</summary>
    public Task Modern(HttpContext context, Caller caller, McpMessage message)
    {
        var tool = Find(caller, message);
        return tool is not null && HeaderParameters.FaultOf(context.Request.Headers, tool.Tool.Definition, message.Arguments) is { } fault
            ? ModernEra.Mismatch(context, message, fault)
            : relayed.Run(context, caller, message, null, Target(caller, message, tool), Work(context, caller, message, null, ModernEra.Version));
    }

    private RelayedWork Work(HttpContext context, Caller caller, McpMessage first, string? sessionId, string era)
    {
        // Read now, and only where a link may be given: a call that waits for a person may outlive the request that brought it.
        var origin = caller.View.Asks || caller.View.Connecting.Count > 0 || first.Name == ApprovalTool.Name ? origins.OriginFor(context.Request) : null;
        return (client, message, cancellationToken) =>
        {
            var tool = Find(caller, message);
            var request = new CallRequest(client, caller.View, tool, message.Name ?? "", message.Arguments, sessionId, era) { Origin = origin };
            return tool is null && message.Name == ApprovalTool.Name ? resuming.Resume(request, cancellationToken)
                : caller.View.Surface == ToolSurface.Direct ? pipeline.Call(request, cancellationToken)
                : surface.Call(request, cancellationToken);
        };
    }

    /// <summary>The tool that a call reaches. A call that is tried again is decided on again: what may not be called any more, or asks now, is not reached.</summary>
    private string? Target(Caller caller, McpMessage message, ViewTool? tool)
    {
        var arguments = message.Arguments;
        var name = message.Name;
        if (tool is null && message.Name == ApprovalTool.Name)
        {
            return ApprovalTool.Address;
        }

        if (caller.View.Surface != ToolSurface.Direct)
        {
            (tool, arguments, name) = surface.Reached(caller.View, message.Name, arguments);
        }

        if (tool is null && message.RequestState is not null && name is not null)
        {
            // The account may have been connected while the client showed the page: its tool is gone then, and the call that waits ends as it would have.
            return caller.View.FindConnecting(name);
        }

        return tool is null || (message.RequestState is not null && pipeline.WouldRefuse(caller.Principal, caller.View, tool, arguments)) ? null : ToolTarget.Of(tool);
    }

    private static ViewTool? Find(Caller caller, McpMessage message) => message.Name is { } name ? caller.View.ByName.GetValueOrDefault(name) : null;
}
