using Microsoft.AspNetCore.Http;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>
/// The question: who asks, where the answer goes, what it allows, and at which resource. What a client says about itself is shown as its own words; what is certain is
/// where the answer goes.
/// </summary>
internal static class ConsentPage
{
    public static IResult Of(HttpContext context, AuthorizationRequest request, ProtectedResource resource, IReadOnlyList<ProtectedResource> toolkits) => Page.Of(
        "Connect a client",
        Html.Of(
            $"""
            <p>A program asks to act for <strong>{context.Principal().Name}</strong>.</p>
            <dl>
            <dt>It calls itself</dt><dd>{request.Client.Name}</dd>
            {(request.Client.Origin is null ? Html.Of($"<dt>Published at</dt><dd>{new Uri(request.Client.Id).Authority}</dd>") : Html.Empty)}
            <dt>It is reached at</dt><dd>{RedirectUri.Shown(request.RedirectUri)}</dd>
            <dt>It may</dt><dd>{May(request)}</dd>
            <dt>In</dt><dd>{resource.Name} <code>{resource.Path}</code></dd>
            </dl>
            {Warning(request)}
            <form method="post" action="authorize">{PageForms.Hidden(context)}
            {Html.Join(AuthorizationRequest.Parameters.SelectMany(name => Carried(context, name)))}
            {Choice(toolkits)}
            <div class="actions"><button name="decision" value="allow">Allow</button> <button class="second" name="decision" value="deny">Deny</button></div>
            </form>
            <p>You can take this back at any time; the program is then out at once.</p>
            """),
        StatusCodes.Status200OK,
        RedirectUri.FormTarget(request.RedirectUri));

    private static string May(AuthorizationRequest request)
    {
        var use = request.Scopes.Contains(GrantScopes.Use, StringComparer.Ordinal) ? "see and call tools, under your policies" : "see what tools there are, without calling them";
        return request.Client.Refreshes || request.Scopes.Contains(GrantScopes.Offline, StringComparer.Ordinal) ? use + ", until you take it back" : use;
    }

    private static Html Warning(AuthorizationRequest request) => RedirectUri.IsLoopback(request.RedirectUri)
        ? Html.Of($"""<p class="warning">Any program on this computer can call itself so. Allow this only if you have just started it yourself.</p>""")
        : Html.Of($"""<p class="warning">Nobody has checked the name. Allow this only if you expect to be sent to <strong>{RedirectUri.Shown(request.RedirectUri)}</strong>.</p>""");

    private static IEnumerable<Html> Carried(HttpContext context, string name)
        => context.Request.Query[name].Select(value => Html.Of($"""<input type="hidden" name="{name}" value="{value}">"""));

    private static Html Choice(IReadOnlyList<ProtectedResource> toolkits) => toolkits.Count == 0 ? Html.Empty : Html.Of(
        $"""
        <label>What it sees<select name="toolkit"><option value="">Everything that you may call</option>
        {Html.Join(toolkits.Select(toolkit => Html.Of($"""<option value="{toolkit.ToolkitId}">Only {toolkit.Name}</option>""")))}
        </select></label>
        """);
}
