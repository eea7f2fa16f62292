using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>A session as REST shows it. Its id is public: it cannot be used as a session.</summary>
/// <param name="Id"><c>ses_…</c></param>
/// <param name="Principal">Whose it is.</param>
/// <param name="Credential">Opened with this credential.</param>
/// <param name="Resource"><c>/mcp</c> or <c>/mcp/toolkits/{slug}</c>.</param>
/// <param name="Toolkit">Slug of the toolkit; null for the default resource.</param>
/// <param name="ProtocolVersion">The negotiated revision.</param>
/// <param name="Client">What the client calls itself.</param>
/// <param name="ClientVersion">Its version.</param>
/// <param name="OpenedAt">When.</param>
/// <param name="EndedAt">When it ended; null while it is live.</param>
/// <param name="EndReason">Why it ended.</param>
internal sealed record SessionDocument(
    string Id, string Principal, string Credential, string Resource, string? Toolkit, string ProtocolVersion, string? Client, string? ClientVersion,
    DateTimeOffset OpenedAt, DateTimeOffset? EndedAt, string? EndReason);

/// <summary>Sessions over REST: everybody sees and ends their own, admins the workspace's. Nobody sees arguments: there are none here.</summary>
internal static class SessionEndpoints
{
    /// <summary>Maps the routes.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapRest("/sessions", "Sessions").RequireScope(Scopes.Manage);
        group.MapGet("/", List).WithName("listSessions").WithSummary("Live sessions, and those that ended last.");
        group.MapGet("/{id}", Read).WithName("readSession").WithSummary("One session.");
        group.MapDelete("/{id}", End).WithName("endSession").WithSummary("Ends a session at once.");
    }

    private static Ok<ListOf<SessionDocument>> List(HttpContext context, IReadModels models, PageRequest page)
    {
        var state = models.Current.Get<SessionsState>();
        var seen = state.Live.Values.Concat(state.Recent).Where(session => IsVisible(session, context.Principal())).OrderBy(session => session.Id, StringComparer.Ordinal);
        return TypedResults.Ok(page.Cut(seen, session => session.Id, Show));
    }

    private static Results<Ok<SessionDocument>, ProblemResult> Read(string id, HttpContext context, IReadModels models)
        => Find(id, context, models) is { } session ? TypedResults.Ok(Show(session)) : NotFound();

    private static async Task<Results<NoContent, ProblemResult>> End(string id, HttpContext context, IReadModels models, SessionRegistry sessions)
    {
        if (Find(id, context, models) is not { EndedAt: null } session
            || !await sessions.End(session.Id, "ended", context.Principal().Id, context.RequestAborted))
        {
            return NotFound();
        }

        context.Wrote(models.Current.Position);
        return TypedResults.NoContent();
    }

    private static LiveSession? Find(string id, HttpContext context, IReadModels models)
    {
        var state = models.Current.Get<SessionsState>();
        var session = state.Live.GetValueOrDefault(id) ?? state.Recent.LastOrDefault(ended => ended.Id == id);
        return session is not null && IsVisible(session, context.Principal()) ? session : null;
    }

    private static bool IsVisible(LiveSession session, Principal principal) => principal.MayWriteOrg || session.PrincipalId == principal.Id;

    private static ProblemResult NotFound() => Problem.Of(404, "session_not_found", "There is no such live session.");

    private static SessionDocument Show(LiveSession session) => new(
        session.Id, session.PrincipalId, session.CredentialId, new McpResource(session.Toolkit).Path, session.Toolkit, session.ProtocolVersion,
        session.ClientName, session.ClientVersion, session.OpenedAt, session.EndedAt, session.EndReason);
}
