using Microsoft.AspNetCore.Http;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>Everything about resources and prompts that a client can ask for, in both eras.</summary>
internal sealed class OfferMethods(RelayedRequest relayed, OfferPipeline pipeline, Completing completing, Subscribing subscribing)
{
    /// <summary>Serves a request; null when its method is none of these, and nothing was answered.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="message">Its message.</param>
    /// <param name="session">Its session; null in the stateless era.</param>
    public Task? Serve(HttpContext context, Caller caller, McpMessage message, Session? session) => message.Method switch
    {
        McpMethods.ListResources => OfferLists.Resources(context, caller, message, session),
        McpMethods.ListTemplates => OfferLists.Templates(context, caller, message, session),
        McpMethods.ListPrompts => OfferLists.Prompts(context, caller, message, session),
        McpMethods.ReadResource => Read(context, caller, message, session),
        McpMethods.GetPrompt => Prompt(context, caller, message, session),
        McpMethods.Complete => completing.Serve(context, caller, message, session),
        McpMethods.Subscribe when session is not null => subscribing.Subscribe(context, caller, message, session),
        McpMethods.Unsubscribe when session is not null => Subscribing.Unsubscribe(context, message, session),
        _ => null,
    };

    /// <summary>What a request reaches, in a form that stays the same as long as it reaches the same; null for nothing.</summary>
    public static string? TargetOf(Caller caller, ViewItem? item)
        => item is null || CallAccess.Refusal(caller.Principal, caller.View, item.Server) is not null ? null : $"{item.Server.Address} {item.UpstreamKey}";

    /// <summary>The revision that a request is of.</summary>
    public static string EraOf(Session? session) => session?.Facts.ProtocolVersion ?? ModernEra.Version;

    private Task Read(HttpContext context, Caller caller, McpMessage message, Session? session)
    {
        if (message.Uri is not { } uri)
        {
            return McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: uri is missing", message.Id);
        }

        var item = caller.View.Offers.Route(uri);
        return relayed.Run(
            context, caller, message, session, TargetOf(caller, item),
            (client, _, cancellationToken) => pipeline.Fetch(
                new OfferRequest(OfferKind.Resource, client, caller.View, item, uri, default, session?.Facts.Id, EraOf(session)), cancellationToken));
    }

    private Task Prompt(HttpContext context, Caller caller, McpMessage message, Session? session)
    {
        if (message.Name is not { } name)
        {
            return McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: name is missing", message.Id);
        }

        var item = caller.View.Offers.Prompts.GetValueOrDefault(name);
        return relayed.Run(
            context, caller, message, session, TargetOf(caller, item),
            (client, request, cancellationToken) => pipeline.Fetch(
                new OfferRequest(OfferKind.Prompt, client, caller.View, item, name, request.Arguments, session?.Facts.Id, EraOf(session)), cancellationToken));
    }
}
