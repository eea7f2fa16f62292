using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Toolgate.Connections;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// <c>completion/complete</c>: suggestions for an argument of a prompt or a template that the caller can see. A client asks with every key that is pressed,
/// and gets nothing that reading would not give: it leaves no record.
/// </summary>
internal sealed partial class Completing(RelayedRequest relayed, IUpstreams upstreams, ILogger<Completing> logger)
{
    private static readonly byte[] NoValues = """{"completion":{"values":[],"total":0,"hasMore":false}}"""u8.ToArray();
    private static readonly ToolOutcome.Failed Broken = new(new ToolError("upstream_unavailable", "The request failed inside Toolgate.", Retryable: false));

    /// <summary>Answers.</summary>
    public Task Serve(HttpContext context, Caller caller, McpMessage message, Session? session)
    {
        if (OfferParams.ReferenceOf(message.Params) is not { } reference)
        {
            return McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: ref must name a prompt or a resource", message.Id);
        }

        var offers = caller.View.Offers;
        var item = reference.IsPrompt ? offers.Prompts.GetValueOrDefault(reference.Name) : offers.FindTemplate(reference.Name) ?? offers.Route(reference.Name);
        var parameters = item is null ? [] : OfferParams.Reference(message.Params, item);
        return relayed.Run(
            context, caller, message, session, OfferMethods.TargetOf(caller, item),
            async (client, _, cancellationToken) => new CallResult(CallEnd.Outcome, await Complete(caller, item, reference, parameters, client, cancellationToken)));
    }

    private async ValueTask<ToolOutcome> Complete(
        Caller caller, ViewItem? item, (bool IsPrompt, string Name) reference, byte[] parameters, CallClient client, CancellationToken cancellationToken)
    {
        if (item is null)
        {
            return reference.IsPrompt ? OfferRefusals.UnknownPrompt(reference.Name) : OfferRefusals.UnknownResource(reference.Name, isStateless: true);
        }

        if (CallAccess.Refusal(caller.Principal, caller.View, item.Server) is { } refusal)
        {
            return new ToolOutcome.Failed(refusal);
        }

        if (!item.Server.Can(ServerFeatures.Completions))
        {
            // Another server of the view completes: for the client this one has nothing to suggest.
            return new ToolOutcome.Relayed(NoValues, IsError: false);
        }

        try
        {
            return await upstreams.Request(item.Server.Upstream, McpMethods.Complete, parameters, client, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, e, item.Server.Address);
            return Broken;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A completion of {Address} broke its contract")]
        public static partial void Failed(ILogger logger, Exception exception, string address);
    }
}
