using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// <c>GET /api/oauth/callback</c>: the page to which authorization servers send browsers back. It is for the person who began the authorization: somebody who is
/// not signed in signs in first and comes back, somebody else is told so and changes nothing.
/// </summary>
internal static class FinishingAuthorization
{
    private const int MaxShown = 300;

    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet(AuthorizationDesk.CallbackPath, Handle).RequireSignIn().ExcludeFromDescription();

    private static async Task<IResult> Handle(HttpContext context, AuthorizationDesk desk, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;

        // A parameter that stands twice means nothing (RFC 6749 section 3.1).
        if (query["state"] is not [{ Length: > 0 and <= 200 } state] || query.Any(parameter => parameter.Value.Count != 1))
        {
            return Failed("This page is where authorization servers send people back to. There is nothing to do here.", null, 400);
        }

        var error = query["error"].FirstOrDefault();
        try
        {
            var ended = await desk.End(new AuthorizationResponse(state, query["code"].FirstOrDefault(), query["iss"].FirstOrDefault(), error), context, cancellationToken);
            return Page.Of(
                "Connected",
                Html.Of(
                    $"""
                    <p><strong>{ended.Key.Address}</strong> is connected{(ended.ToolCount == 0 ? "" : $"; tools that are reachable through it: {ended.ToolCount}")}.</p>
                    {(ended.Toolkit is null ? Html.Empty : Html.Of($"<p>Calls in the toolkit <strong>{ended.Toolkit}</strong> can use it now.</p>"))}
                    <p>You can close this page and go back to where you came from.</p>
                    """));
        }
        catch (OAuthFaultException fault)
        {
            return Failed(fault.Message, fault.Code == "oauth_refused" ? Words(error, query["error_description"].FirstOrDefault()) : null, fault.Code == "oauth_state_unknown" ? 403 : 400);
        }
    }

    private static IResult Failed(string message, string? words, int status) => Page.Of(
        "Not connected",
        Html.Of(
            $"""
            <p class="error" role="alert">{message}</p>
            {(words is null ? Html.Empty : Html.Of($"<p>It said: <q>{words}</q></p>"))}
            """),
        status);

    /// <summary>What the authorization server says, as text: bounded, and without characters that could make it look like something else.</summary>
    private static string? Words(string? error, string? description)
    {
        var text = string.Join(": ", new[] { error, description }.Where(part => !string.IsNullOrWhiteSpace(part)));
        var plain = string.Concat(text.EnumerateRunes().Where(rune => System.Text.Rune.GetUnicodeCategory(rune) is not (
            System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Surrogate
            or System.Globalization.UnicodeCategory.PrivateUse or System.Globalization.UnicodeCategory.OtherNotAssigned)).Select(rune => rune.ToString()));
        return plain.Length == 0 ? null : plain.Length <= MaxShown ? plain : plain[..MaxShown] + "…";
    }
}
