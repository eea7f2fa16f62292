using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Where single-use links lead: the first start, an invite, a password that is set anew.</summary>
internal static class LinkPages
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, "/setup", "token", LinkPurpose.Setup, "Set up Toolgate", "Become the owner");
        Map(endpoints, "/sign-up", "invite", LinkPurpose.Invite, "Join", "Join");
        Map(endpoints, "/reset-password", "token", LinkPurpose.Reset, "Set a password", "Set the password");
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, string parameter, LinkPurpose purpose, string title, string button)
    {
        endpoints.MapGet(path, (HttpContext context, IReadModels models, TimeProvider time) =>
        {
            var value = context.Request.Query[parameter].ToString();
            return AccessLinkToken.Find(models.Current.Get<AccessState>(), value, time.GetUtcNow()) is { } link && link.Purpose == purpose
                ? Form(context, path, title, button, purpose, value, "", link.Email ?? "", null)
                : Gone(context, title);
        }).ExcludeFromDescription();
        endpoints.MapPost(path, async (HttpContext context, UsingLink links, SignInDesk desk, PublicAddress address, CancellationToken cancellationToken) =>
        {
            if (!address.IsOwnPage(context.Request) || await PageForm.Read(context, cancellationToken) is not { } form)
            {
                return Gone(context, title);
            }

            var (value, name, email) = (form["link"].ToString(), form["name"].ToString(), form["email"].ToString());
            var (memberId, position, rejection) = await links.Use(value, purpose, new LinkUse(name, email, form["password"]), cancellationToken);
            if (rejection is not null)
            {
                return rejection == UsingLink.NoLink ? Gone(context, title)
                    : Form(context, path, title, button, purpose, value, name, email, rejection.Detail, rejection == Passwords.Busy ? 503 : 422);
            }

            return new SeeOther(await desk.Open(context, memberId!, position, cancellationToken) is null ? "/sign-in" : "/");
        }).ExcludeFromDescription();
    }

    private static IResult Gone(HttpContext context, string title) => Page.Of(
        title, Html.Of($"""<p class="error">{UsingLink.NoLink.Detail}</p><p><a href="{PublicOrigin.BasePath(context)}/sign-in">Sign in</a></p>"""), 404);

    private static IResult Form(
        HttpContext context, string path, string title, string button, LinkPurpose purpose, string value, string name, string email, string? error, int status = 200) => Page.Of(
        title,
        Html.Of(
            $"""
            {(error is null ? Html.Empty : Html.Of($"""<p class="error" role="alert">{error}</p>"""))}
            <form method="post" action="{PublicOrigin.BasePath(context)}{path}"><input type="hidden" name="link" value="{value}">
            {(purpose == LinkPurpose.Reset ? Html.Empty : Html.Of($"""
            <label>Name<input name="name" value="{name}" autocomplete="name" maxlength="100" required></label>
            <label>E-mail<input type="email" name="email" value="{email}" autocomplete="username" required></label>
            """))}
            <label>Password, {Passwords.MinLength} characters or more<input type="password" name="password" autocomplete="new-password" minlength="{Passwords.MinLength}" required></label>
            <button>{button}</button></form>
            """),
        status);
}
