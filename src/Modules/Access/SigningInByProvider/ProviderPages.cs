using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>The way to the provider and back: <c>/sign-in/oidc</c> and <c>/sign-in/oidc/callback</c>.</summary>
internal sealed partial class ProviderPages(ProviderDesk desk, ILogger<ProviderPages> logger)
{
    /// <summary>Path that begins a sign-in by the provider.</summary>
    public const string BeginPath = "/sign-in/oidc";

    /// <summary>Maps both; only where there is a provider.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(BeginPath, (HttpContext context, ProviderPages pages, CancellationToken cancellationToken) => pages.Begin(context, cancellationToken)).ExcludeFromDescription();
        endpoints.MapGet(ProviderDesk.CallbackPath, (HttpContext context, ProviderPages pages, CancellationToken cancellationToken) => pages.End(context, cancellationToken))
            .ExcludeFromDescription();
    }

    private async Task<IResult> Begin(HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return new SeeOther(await desk.Begin(context, LocalPath.Of(context.Request.Query["return"]), cancellationToken), isElsewhere: true);
        }
        catch (ProviderException e)
        {
            return Refused(context, e);
        }
    }

    private async Task<IResult> End(HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return new SeeOther(await desk.End(context, cancellationToken));
        }
        catch (ProviderException e)
        {
            return Refused(context, e);
        }
    }

    private IResult Refused(HttpContext context, ProviderException e)
    {
        Log.Refused(logger, e.Reason, e.InnerException?.GetType().Name);
        var (status, why) = Say(e.Reason);
        return Page.Of("Not signed in", Html.Of($"""<p class="error" role="alert">{why}</p><p><a href="{PublicOrigin.BasePath(context)}/sign-in">Sign in</a></p>"""), status);
    }

    private static (int Status, string Why) Say(string reason) => reason switch
    {
        "provider_unreachable" or "bad_metadata" => (502, "The provider cannot be reached, or does not answer as it should. Try again later."),
        "busy" => (503, "Too many people sign in at the moment. Try again in a few seconds."),
        "refused_there" => (403, "The provider did not let you in."),
        "other_browser" => (400, "This sign-in was not begun in this browser, or it was begun too long ago. Sign in again."),
        "no_email" => (403, "The provider does not say your e-mail address."),
        "email_not_verified" => (403, "The provider has not verified your e-mail address."),
        "domain_not_allowed" => (403, "Addresses of this domain are not let in here."),
        "no_group" => (403, "None of your groups is let in here."),
        "email_taken" => (409, JoiningByProvider.EmailTaken.Detail),
        "member_gone" => (403, "This account was removed."),
        _ => (403, "What the provider answered is not valid for this sign-in. Sign in again."),
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A sign-in by the provider was refused: {Reason} ({Exception})")]
        public static partial void Refused(ILogger logger, string reason, string? exception);
    }
}
