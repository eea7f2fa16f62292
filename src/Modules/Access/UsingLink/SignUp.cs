using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Joins by an invite.</summary>
/// <param name="Invite">The value of the invite's link.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Email">Address to sign in with.</param>
/// <param name="Password">12 to 256 characters.</param>
internal sealed record SignUp(string? Invite, string? Name, string? Email, string? Password)
{
    /// <summary>Keeps the password out of anything that prints the command.</summary>
    public override string ToString() => nameof(SignUp);
}

internal static class SigningUp
{
    public static void Map(IEndpointRouteBuilder group)
        => group.MapPost("/sign-up", Handle).WithName("signUp").WithSummary("Join by an invite, and sign in").NotATool().TakesPassword();

    private static async Task<Results<Ok<SignedInAs>, ProblemResult>> Handle(SignUp command, HttpContext context, UsingLink links, SignInDesk desk, CancellationToken cancellationToken)
    {
        var (memberId, position, rejection) = await links.Use(command.Invite, LinkPurpose.Invite, new LinkUse(command.Name, command.Email, command.Password), cancellationToken);
        if (rejection is not null)
        {
            return MemberRules.Answer(context, rejection);
        }

        context.Wrote(position);
        return await desk.Open(context, memberId!, position, cancellationToken) is { } answer ? TypedResults.Ok(answer) : SignInDesk.WrongCredentials;
    }
}
