using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Where a person signs in and out, and the page that they land on.</summary>
internal static class SignInPage
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/sign-in", (HttpContext context) => Form(context, LocalPath.Of(context.Request.Query["return"]), "", null)).ExcludeFromDescription();
        endpoints.MapPost("/sign-in", In).ExcludeFromDescription();
        endpoints.MapPost("/sign-out", Out).RequireSignIn().ExcludeFromDescription();
        endpoints.MapGet("/", Home).RequireSignIn().ExcludeFromDescription();
    }

    private static async Task<IResult> In(HttpContext context, SignInDesk desk, PublicAddress address, CancellationToken cancellationToken)
    {
        if (!address.IsOwnPage(context.Request) || await PageForm.Read(context, cancellationToken) is not { } form)
        {
            return Page.Of(
                "Sign in",
                Html.Of($"""<p class="error">This form did not come from a page of Toolgate. <a href="{PublicOrigin.BasePath(context)}/sign-in">Sign in here.</a></p>"""), 403);
        }

        var (back, email) = (LocalPath.Of(form["return"]), form["email"].ToString());
        var (right, problem) = await desk.Check(context, email, form["password"], cancellationToken);
        if (right is not null && await desk.Open(context, right.MemberId, right.PasswordAt, cancellationToken) is not null)
        {
            return new SeeOther(back);
        }

        var refusal = (problem ?? SignInDesk.WrongCredentials).Problem;
        return Form(context, back, email, refusal.Detail, refusal.Status);
    }

    private static async Task<IResult> Out(HttpContext context, SignInDesk desk, CancellationToken cancellationToken)
    {
        await desk.Close(context, cancellationToken);
        return new SeeOther("/sign-in");
    }

    private static IResult Home(HttpContext context) => Page.Of(
        "Toolgate",
        Html.Of(
            $"""
            <p>Signed in as <strong>{context.Principal().Name}</strong>.</p>
            <ul><li><a href="{PublicOrigin.BasePath(context)}/approvals">Calls that wait for an approval</a></li>
            <li><a href="{PublicOrigin.BasePath(context)}/api/docs">The REST API</a></li></ul>
            <form method="post" action="{PublicOrigin.BasePath(context)}/sign-out">{PageForms.Hidden(context)}<button class="second">Sign out</button></form>
            """));

    private static IResult Form(HttpContext context, string back, string email, string? error, int status = 200)
    {
        var (root, options) = (PublicOrigin.BasePath(context), context.RequestServices.GetRequiredService<IOptions<AccessOptions>>().Value);
        var provider = !options.OpenIdConnect.IsOn ? Html.Empty : Html.Of(
            $"""
            <p><a class="button" href="{root}{ProviderPages.BeginPath}?return={Uri.EscapeDataString(back)}">Sign in with {options.OpenIdConnect.Name}</a></p>
            """);
        var passwords = !options.SignIn.Passwords ? Html.Empty : Html.Of(
            $"""
            <form method="post" action="{root}/sign-in"><input type="hidden" name="return" value="{back}">
            <label>E-mail<input type="email" name="email" value="{email}" autocomplete="username" required></label>
            <label>Password<input type="password" name="password" autocomplete="current-password" required></label>
            <button>Sign in</button></form>
            """);
        return Page.Of(
            "Sign in",
            Html.Of($"""{(error is null ? Html.Empty : Html.Of($"""<p class="error" role="alert">{error}</p>"""))}{provider}{passwords}"""),
            status);
    }
}
