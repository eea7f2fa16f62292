using Toolgate.Connections;
using Toolgate.Rest;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>What every event of a request for a resource or a prompt says of it. Contents and arguments are in none.</summary>
internal sealed record ReadFacts(OfferKind Kind, string Id, OfferRequest Request, string ArgumentsDigest, string NodeId)
{
    /// <summary>Longest URI or name that a record holds as it is, in characters.</summary>
    private const int LongestName = 400;

    /// <summary>The facts of a request.</summary>
    public static ReadFacts Of(OfferRequest request, string argumentsDigest, string nodeId)
        => new(request.Kind, Ids.New(request.Kind == OfferKind.Resource ? "read" : "fetch"), request, argumentsDigest, nodeId);

    /// <summary>Who asked.</summary>
    public string PrincipalId => Request.Caller.Id;

    /// <summary>What the event's stream is a stream of.</summary>
    public string StreamType => Kind == OfferKind.Resource ? "read" : "fetch";

    /// <summary>Stream of the event.</summary>
    public string StreamId => $"{StreamType}-{Id}";

    /// <summary>The event of a request for what there is not, or is not for this caller.</summary>
    public object Denied(string? reason = null)
    {
        var (caller, view) = (Request.Caller, Request.View);
        var name = CallFacts.Bounded(Request.Name, LongestName);
        return Kind == OfferKind.Resource
            ? new ResourceReadDenied(
                Id, caller.Id, caller.CredentialId, Request.SessionId, view.Resource.Slug, view.ToolkitId, name, view.Position, Request.Era, NodeId, reason ?? "unknown_resource")
            : new PromptFetchDenied(
                Id, caller.Id, caller.CredentialId, Request.SessionId, view.Resource.Slug, view.ToolkitId, name, view.Position, Request.Era, NodeId, reason ?? "unknown_prompt");
    }

    /// <summary>The event of a request that was sent; no outcome stands for one that its caller gave up.</summary>
    public object Ended(ViewItem item, ToolOutcome? outcome, double durationMs)
    {
        var (caller, view, server) = (Request.Caller, Request.View, item.Server);
        var (action, source) = (CallFacts.Word(server.Decision.Action), CallFacts.Word(server.Decision.Source));
        var name = CallFacts.Bounded(item.UpstreamKey, LongestName);
        var (word, status, bytes) = Told(outcome);
        return Kind == OfferKind.Resource
            ? new ResourceRead(
                Id, caller.Id, caller.CredentialId, Request.SessionId, view.Resource.Slug, view.ToolkitId, server.Address, name, action, source,
                server.Decision.RuleId, view.Position, Request.Era, NodeId, word, status, durationMs, bytes)
            : new PromptFetched(
                Id, caller.Id, caller.CredentialId, Request.SessionId, view.Resource.Slug, view.ToolkitId, server.Address, name, action, source,
                server.Decision.RuleId, view.Position, ArgumentsDigest, Request.Era, NodeId, Request.Arguments.Length, word, status, durationMs, bytes);
    }

    private static (string Outcome, int? Status, long Bytes) Told(ToolOutcome? outcome) => outcome switch
    {
        ToolOutcome.Relayed relayed => ("ok", null, relayed.Result.Length),
        ToolOutcome.InputRequired asked => ("input_required", null, asked.Requests.Length + asked.State.Length),
        ToolOutcome.Failed failed => (failed.Error.Code, failed.Error.UpstreamStatus, 0),
        null => ("cancelled", null, 0),
        _ => ("upstream_rejected", null, 0),
    };
}
