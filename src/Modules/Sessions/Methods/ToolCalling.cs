using Microsoft.AspNetCore.Http;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary><c>tools/call</c> in both eras.</summary>
internal sealed class ToolCalling(CallPipeline pipeline, SurfaceCalls surface, RelayedRequest relayed)
{
    /// <summary>A call in a session.</summary>
    public Task Legacy(HttpContext context, Caller caller, McpMessage message, Session session)
        => relayed.Run(context, caller, message, session, null, Work(caller, session.Facts.Id, session.Facts.ProtocolVersion));

    /// <summary>A call of the stateless era.</summary>
    public Task Modern(HttpContext context, Caller caller, McpMessage message)
    {
        var tool = Find(caller, message);
        return tool is not null && HeaderParameters.FaultOf(context.Request.Headers, tool.Tool.Definition, message.Arguments) is { } fault
            ? ModernEra.Mismatch(context, message, fault)
            : relayed.Run(context, caller, message, null, Target(caller, message, tool), Work(caller, null, ModernEra.Version));
    }

    private RelayedWork Work(Caller caller, string? sessionId, string era) => (client, message, cancellationToken) =>
    {
        var request = new CallRequest(client, caller.View, Find(caller, message), message.Name ?? "", message.Arguments, sessionId, era);
        return caller.View.Surface == ToolSurface.Direct ? pipeline.Call(request, cancellationToken) : surface.Call(request, cancellationToken);
    };

    /// <summary>The tool that a call reaches. A call that is tried again is decided on again: what may not be called any more is not reached.</summary>
    private string? Target(Caller caller, McpMessage message, ViewTool? tool)
    {
        var arguments = message.Arguments;
        if (caller.View.Surface != ToolSurface.Direct)
        {
            (tool, arguments) = surface.Reached(caller.View, message.Name, arguments);
        }

        return tool is null || (message.RequestState is not null && pipeline.WouldRefuse(caller.Principal, caller.View, tool, arguments)) ? null : tool.Tool.Address;
    }

    private static ViewTool? Find(Caller caller, McpMessage message) => message.Name is { } name ? caller.View.ByName.GetValueOrDefault(name) : null;
}
