using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>A sign-in as its person sees it.</summary>
/// <param name="Id"><c>ses_…</c>.</param>
/// <param name="CreatedAt">When the person signed in.</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
/// <param name="LastSeenAt">When this browser was seen last, to the minute after a restart.</param>
/// <param name="Address">Network address it came from.</param>
/// <param name="UserAgent">What the browser called itself.</param>
/// <param name="Current">Whether it is the one that asks.</param>
internal sealed record ShownSignIn(string Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset LastSeenAt, string Address, string UserAgent, bool Current);

/// <summary>Shows and ends the caller's own sign-ins.</summary>
internal static class ListingSignIns
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/sessions", List).WithName("listSignIns").WithSummary("List the caller's sign-ins");
        group.MapDelete("/sessions/{id}", End).WithName("endSignIn").WithSummary("End one of the caller's sign-ins");
    }

    private static ListOf<ShownSignIn> List(PageRequest page, HttpContext context, IReadModels models, BrowserSessions browsers)
    {
        var caller = context.Principal();
        return page.Cut(
            models.Current.Get<SignInsState>().SignIns.Values.Where(signIn => signIn.MemberId == caller.Id && browsers.IsLive(signIn)), signIn => signIn.Id,
            signIn => new ShownSignIn(
                signIn.Id, signIn.CreatedAt, signIn.ExpiresAt, browsers.SeenAt(signIn), signIn.Address, signIn.UserAgent, signIn.Id == caller.CredentialId));
    }

    private static async Task<Results<NoContent, ProblemResult>> End(string id, HttpContext context, IReadModels models, SignInDesk desk, CancellationToken cancellationToken)
    {
        if (!models.Current.Get<SignInsState>().SignIns.TryGetValue(id, out var signIn) || signIn.MemberId != context.Principal().Id)
        {
            return Problem.Of(404, "sign_in_not_found", "There is no such sign-in.");
        }

        await desk.End(signIn, cancellationToken);
        return TypedResults.NoContent();
    }
}
