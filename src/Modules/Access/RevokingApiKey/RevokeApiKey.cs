using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Revokes an API key: the caller's own, or, by an admin, one of a service account.</summary>
internal static class RevokingApiKey
{
    public static void Map(IEndpointRouteBuilder group) => group.MapDelete("/api-keys/{id}", Handle).WithName("revokeApiKey").WithSummary("Revoke an API key");

    public static Decision Decide(string keyId, Principal principal, AccessDecisionState state)
        => state.Today(principal) is not { } caller ? MemberRules.CredentialEnded
            : !state.Keys.TryGetValue(keyId, out var key) || !MayManage(key.MemberId, caller, state)
            ? Rejection.NotFound("api_key_not_found", "There is no such API key.")
            : state.IsLastOwnerKey(keyId) ? Rejection.Conflict("last_owner_key", "No owner would be left with a key. Issue another one first.")
            : Decision.Accept(new ApiKeyRevoked(keyId));

    /// <summary>Whether the caller may see and end the keys of a member.</summary>
    public static bool MayManage(string memberId, Principal caller, AccessDecisionState state)
        => memberId == caller.Id
            || (caller.MayWriteOrg && state.Members.TryGetValue(memberId, out var member) && member.Kind == MemberKind.Service && member.Role <= caller.Role);

    private static async Task<Results<NoContent, ProblemResult>> Handle(string id, HttpContext context, IEventStore store, CancellationToken cancellationToken)
    {
        var caller = context.Principal();
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(id, caller, folded.State), context.Metadata(),
            cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return MemberRules.Answer(context, rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }
}
