using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Changes the caller's own password; every other sign-in of the person ends, and every open link that could set it anew.</summary>
/// <param name="Current">The password until now.</param>
/// <param name="New">The password from now on, 12 to 256 characters.</param>
internal sealed record ChangePassword(string? Current, string? New)
{
    /// <summary>Keeps the passwords out of anything that prints the command.</summary>
    public override string ToString() => nameof(ChangePassword);
}

internal static class ChangingPassword
{
    public static void Map(IEndpointRouteBuilder group)
        => group.MapPost("/password", Handle).WithName("changePassword").WithSummary("Change the caller's password").NotATool().TakesPassword();

    public static Decision Decide(Principal principal, SideWrite storing, AccessDecisionState state)
        => state.Today(principal) is not { } caller ? MemberRules.CredentialEnded
            : Decision.Accept([
                .. LinkRules.OthersOf(caller.Id, null, state), new PasswordChanged(caller.Id, caller.Kind == CredentialKind.SignIn ? caller.CredentialId : null)])
            with { Alongside = [storing] };

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        ChangePassword command, HttpContext context, IEventStore store, IReadModels models, Passwords passwords, SignInDesk desk, CancellationToken cancellationToken)
    {
        var caller = context.Principal();
        if (!models.Current.Get<AccessState>().Members.TryGetValue(caller.Id, out var member) || member.Email is null)
        {
            return Problem.Of(Rejection.Conflict("no_password", "This account has no password."));
        }

        if (Passwords.Fault(command.New, member.Email) is { } fault)
        {
            return Problem.Of(Rejection.Invalid("invalid_password", fault, "/new"));
        }

        // Guessing the current password here is guessing it anywhere: the same throttle.
        var (_, problem) = await desk.Check(context, member.Email, command.Current, cancellationToken);
        if (problem is not null)
        {
            return problem.Problem.Status != 401 ? problem : Problem.Of(Rejection.Invalid("wrong_password", "The current password is not right.", "/current"));
        }

        if (await passwords.Store(caller.Id, command.New!, cancellationToken) is not { } storing)
        {
            return Passwords.IsBusy(context);
        }

        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(caller, storing, folded.State), context.Metadata(), cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return MemberRules.Answer(context, rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }
}
