using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>
/// Asks a signed-in person whether a client may act for them, and tells the client. Nothing is kept between question and answer: the form carries the request, which
/// is judged again.
/// </summary>
internal sealed class Authorize(
    IEventStore store, IReadModels models, ClientDirectory clients, IProtectedResources resources, PublicAddress address, TimeProvider time)
{
    /// <summary>How long a code can be redeemed.</summary>
    private static readonly TimeSpan CodeLife = TimeSpan.FromSeconds(60);

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/authorize", Ask).RequireSignIn().ExcludeFromDescription();
        endpoints.MapPost("/authorize", Answer).RequireSignIn().ExcludeFromDescription();
    }

    private async Task<IResult> Ask(HttpContext context, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        var (request, resource, refusal) = await Judge(context, name => query[name], cancellationToken);
        return refusal ?? ConsentPage.Of(context, request!, resource!, request!.Path == ResourceIndicator.Default ? resources.Toolkits(context.Principal()) : []);
    }

    private async Task<IResult> Answer(HttpContext context, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var (request, resource, refusal) = await Judge(context, name => form[name], cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        if (form["decision"] != "allow")
        {
            return ToClient(context, request!.RedirectUri, request.State, new OAuthFault("access_denied", "The person said no."));
        }

        if (request!.Path == ResourceIndicator.Default && form["toolkit"].ToString() is { Length: > 0 } chosen)
        {
            if (resources.Toolkits(context.Principal()).FirstOrDefault(toolkit => toolkit.ToolkitId == chosen) is not { } toolkit)
            {
                return ToPerson("The toolkit that you chose is gone. Go back, load the page again and retry.");
            }

            resource = resource! with { ToolkitId = toolkit.ToolkitId };
        }

        return await Give(context, request, resource!, cancellationToken);
    }

    private async Task<(AuthorizationRequest? Request, ProtectedResource? Resource, IResult? Refusal)> Judge(
        HttpContext context, Func<string, StringValues> value, CancellationToken cancellationToken)
    {
        var client = await clients.Find(value("client_id"), cancellationToken);
        return AuthorizationRequest.Judge(value, client, address.Of(context.Request)) switch
        {
            AuthorizationOutcome.ToPerson person => (null, null, ToPerson(person.Text)),
            AuthorizationOutcome.ToClient back => (null, null, ToClient(context, back.RedirectUri, back.State, back.Fault)),
            AuthorizationOutcome.Asks { Request: var request } => resources.Find(request.Path, context.Principal()) is { } resource
                ? (request, resource, null)
                : (null, null, ToClient(context, request.RedirectUri, request.State, OAuthFault.Target)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private async Task<IResult> Give(HttpContext context, AuthorizationRequest request, ProtectedResource resource, CancellationToken cancellationToken)
    {
        var (person, id) = (context.Principal(), Ids.New("grt"));
        var code = GrantTokens.NewCode(id);
        var outcome = await store.Append(
            new AppendRequest
            {
                StreamId = GrantDecisionState.StreamOf(id),
                StreamType = GrantDecisionState.StreamType,
                Expected = ExpectedVersion.NoStream,
                Events = [new GrantGiven(
                    id, person.Id, request.Client.Id, request.Client.Name, resource.Path, resource.ToolkitId, request.Scopes,
                    request.Client.Refreshes || request.Scopes.Contains(GrantScopes.Offline, StringComparer.Ordinal), request.RedirectUri, request.Challenge,
                    GrantTokens.Digest(code), time.GetUtcNow() + CodeLife)],
                Metadata = EventMetadata.By(person.Id),
            },
            cancellationToken);
        await models.WaitFor(((AppendOutcome.Appended)outcome).Position, cancellationToken);
        return new SeeOther(RedirectUri.With(request.RedirectUri, ("code", code), ("state", request.State), ("iss", address.Of(context.Request))), isElsewhere: true);
    }

    private static IResult ToPerson(string text) => Page.Of("Not connected", Html.Of($"""<p class="error" role="alert">{text}</p>"""), StatusCodes.Status400BadRequest);

    private SeeOther ToClient(HttpContext context, string redirectUri, string? state, OAuthFault fault)
        => new(RedirectUri.With(redirectUri, ("error", fault.Error), ("error_description", fault.Description), ("state", state), ("iss", address.Of(context.Request))), isElsewhere: true);
}
