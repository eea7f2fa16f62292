using Microsoft.AspNetCore.Http;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>
/// Authenticates endpoints that carry a requirement: 401 without a live credential, 403 when it allows too little. A bearer token decides alone; only without one a
/// person's cookie counts, and then a write must carry the token that other origins cannot know.
/// </summary>
internal sealed class AuthenticationMiddleware(RequestDelegate next, ICredentials credentials, IBrowserSessions browsers, PublicAddress address)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<SignInRequirement>() is not null)
        {
            return ServePerson(context);
        }

        if (metadata?.GetMetadata<AccessRequirement>() is not { } requirement)
        {
            return next(context);
        }

        var header = context.Request.Headers.Authorization.ToString();
        var principal = context.Features.Get<ActingAs>() is { } acting ? credentials.Find(acting.Principal.CredentialId)
            : header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? OfToken(header.AsSpan(Scheme.Length).Trim())
            : header.Length == 0 ? browsers.Find(context)
            : null;
        if (principal is null)
        {
            return StillAllowed.Unauthenticated(context, presented: header.Length > 0).ExecuteAsync(context);
        }

        if (principal.Kind == CredentialKind.SignIn && IsWrite(context.Request.Method) && !PageForms.IsValid(context, context.Request.Headers[PageForms.Header]))
        {
            return Problem.Of(403, "antiforgery", $"A write by cookie carries the header {PageForms.Header} with the csrfToken of GET /api/account/me.").ExecuteAsync(context);
        }

        if (!requirement.IsMetBy(principal))
        {
            return StillAllowed.TooLittle(requirement).ExecuteAsync(context);
        }

        context.SetPrincipal(principal);
        context.Features.Set(new RequestActor(principal.Id));
        return next(context);
    }

    /// <summary>API keys alone are bearer tokens here: what is issued for another audience is worth nothing.</summary>
    private Principal? OfToken(ReadOnlySpan<char> token) => credentials.Verify(token) is { Kind: CredentialKind.ApiKey } principal ? principal : null;

    private async Task ServePerson(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.Authorization.Count > 0)
        {
            // A request that presents a credential is judged by that alone, and no such credential opens a page.
            await Refuse(context, "Not signed in", 401, Html.Of($"Pages are for people: send no Authorization header."));
            return;
        }

        if (browsers.Find(context) is not { } person)
        {
            await (IsWrite(request.Method)
                ? Refuse(context, "Not signed in", 401, Html.Of($"""You are not signed in any more, so that nothing was done. <a href="{PublicOrigin.BasePath(context)}/sign-in">Sign in.</a>"""))
                : new SeeOther("/sign-in?return=" + Uri.EscapeDataString(request.Path.ToUriComponent() + request.QueryString.ToUriComponent())).ExecuteAsync(context));
            return;
        }

        if (IsWrite(request.Method)
            && (!address.IsOwnPage(request) || await PageForm.Read(context, context.RequestAborted) is not { } form || !PageForms.IsValid(context, form[PageForms.Field])))
        {
            await Refuse(context, "Not done", 403, Html.Of($"This form has expired or did not come from a page of Toolgate. Go back, load the page again and retry."));
            return;
        }

        context.SetPrincipal(person);
        context.Features.Set(new RequestActor(person.Id));
        await next(context);
    }

    private static Task Refuse(HttpContext context, string title, int status, Html why)
        => Page.Of(title, Html.Of($"""<p class="error">{why}</p>"""), status).ExecuteAsync(context);

    private static bool IsWrite(string method) => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);
}
