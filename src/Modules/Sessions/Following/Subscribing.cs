using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary><c>resources/subscribe</c> and <c>resources/unsubscribe</c> of a session (2025-11-25, "Subscriptions"). They end with it.</summary>
internal sealed class Subscribing(IUpstreams upstreams, SubscriptionQuota quota, SessionRegistry sessions, IToolViews views, ICredentials credentials)
{
    /// <summary>A set for a listen stream, or for a session.</summary>
    public SubscriptionSet Begin(Caller caller, string poolKey, ReadOnlyMemory<byte> capabilities, Action<string> updated)
    {
        // The names of what the caller is, not what it saw: a set lives as long as its session, a view only until something changes.
        var (principalId, credentialId, resource, toolkitId) = (caller.Principal.Id, caller.Principal.CredentialId, caller.Resource, caller.View.ToolkitId);
        return new(upstreams, quota, principalId, poolKey, capabilities, OffersNow, updated);

        OfferView? OffersNow()
            => credentials.Find(credentialId) is { } principal && principal.Id == principalId && principal.Has(Scopes.ToolsInvoke)
                && views.Find(resource, principal) is { } view && view.ToolkitId == toolkitId
                ? view.Offers
                : null;
    }

    /// <summary>Follows a resource.</summary>
    public Task Subscribe(HttpContext context, Caller caller, McpMessage message, Session session)
    {
        if (message.Uri is not { } uri)
        {
            return Missing(context, message);
        }

        if (caller.View.Offers.Route(uri) is not { } item)
        {
            var unknown = (ToolOutcome.Rejected)OfferRefusals.UnknownResource(uri, isStateless: false);
            return McpResponse.Error(context, 200, unknown.Code, unknown.Message, message.Id, unknown.Data);
        }

        if (CallAccess.Refusal(caller.Principal, caller.View, item.Server) is { } refusal)
        {
            return McpResponse.Error(context, 200, ErrorCodes.Internal, $"[{refusal.Code}] {refusal.Message}", message.Id);
        }

        if (!item.Server.Can(ServerFeatures.Subscribe))
        {
            return McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "The server of this resource does not tell of changes.", message.Id);
        }

        var subscriptions = session.SubscriptionsOr(() => Begin(caller, session.PoolKey, session.Declared.CanAsk ? session.Client.Capabilities : default, Telling(session)));
        var added = subscriptions.Add(uri, item);
        if (!sessions.IsLive(session))
        {
            // It ended meanwhile, perhaps before it had what it now has.
            subscriptions.Dispose();
        }

        return added
            ? McpResponse.Result(context, message.Id.Span, "{}"u8, default, default).AsTask()
            : McpResponse.Error(
                context, 200, ErrorCodes.InvalidParams,
                $"Too many subscriptions: a session may hold {SubscriptionSet.Most}, a principal {SubscriptionQuota.Most}. Unsubscribe from some.", message.Id);
    }

    /// <summary>Ends following a resource. One that is not followed is answered the same.</summary>
    public static Task Unsubscribe(HttpContext context, McpMessage message, Session session)
    {
        if (message.Uri is not { } uri)
        {
            return Missing(context, message);
        }

        session.Subscriptions?.Remove(uri);
        return McpResponse.Result(context, message.Id.Span, "{}"u8, default, default).AsTask();
    }

    /// <summary>The notification. Only the URI is passed on, so that no byte of an upstream reaches a stream unread.</summary>
    /// <param name="uri">The URI as the client knows it.</param>
    /// <param name="subscriptionId">Id of the listen request as JSON; null in a session.</param>
    public static byte[] Updated(string uri, string? subscriptionId) => Encoding.UTF8.GetBytes(
        """{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":""" + JsonSerializer.Serialize(uri)
        + (subscriptionId is null ? "}}" : ",\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":" + subscriptionId + "}}}"));

    private static Action<string> Telling(Session session) => uri => session.Streams.Tell(Updated(uri, null));

    private static Task Missing(HttpContext context, McpMessage message)
        => McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: uri is missing", message.Id);
}
