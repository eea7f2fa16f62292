using Microsoft.AspNetCore.Http;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary><c>tools/call</c> in both eras.</summary>
internal sealed class ToolCalling(CallPipeline pipeline, RelayedRequest relayed)
{
    /// <summary>A call in a session.</summary>
    public Task Legacy(HttpContext context, Caller caller, McpMessage message, Session session)
        => relayed.Run(context, caller, message, session, null, Work(caller, session.Facts.Id, session.Facts.ProtocolVersion));

    /// <summary>A call of the stateless era.</summary>
    public Task Modern(HttpContext context, Caller caller, McpMessage message)
    {
        var tool = Find(caller, message);
        if (tool is not null && HeaderParameters.FaultOf(context.Request.Headers, tool.Tool.Definition, message.Arguments) is { } fault)
        {
            return ModernEra.Mismatch(context, message, fault);
        }

        // The decision is taken again when a call is tried again: what may not be called any more does not go on.
        var target = tool is null || (message.RequestState is not null && pipeline.WouldRefuse(tool, message.Arguments)) ? null : tool.Tool.Address;
        return relayed.Run(context, caller, message, null, target, Work(caller, null, ModernEra.Version));
    }

    private RelayedWork Work(Caller caller, string? sessionId, string era) => (client, message, cancellationToken)
        => pipeline.Call(new CallRequest(client, caller.View, Find(caller, message), message.Name ?? "", message.Arguments, sessionId, era), cancellationToken);

    private static ViewTool? Find(Caller caller, McpMessage message) => message.Name is { } name ? caller.View.ByName.GetValueOrDefault(name) : null;
}
