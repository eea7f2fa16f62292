using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Signs a person in.</summary>
/// <param name="Email">The address.</param>
/// <param name="Password">The password.</param>
internal sealed record SignInCommand(string? Email, string? Password)
{
    /// <summary>Keeps the password out of anything that prints the command.</summary>
    public override string ToString() => nameof(SignInCommand);
}

/// <summary><c>POST /account/sign-in</c> and <c>sign-out</c>.</summary>
internal static class SigningIn
{
    public static void Map(IEndpointRouteBuilder open, IEndpointRouteBuilder account)
    {
        open.MapPost("/sign-in", In).WithName("signIn").WithSummary("Sign in with e-mail and password; answers a cookie").NotATool().TakesPassword();
        account.MapPost("/sign-out", Out).WithName("signOut").WithSummary("End the sign-in of this browser").NotATool();
    }

    private static async Task<Results<Ok<SignedInAs>, ProblemResult>> In(SignInCommand command, HttpContext context, SignInDesk desk, CancellationToken cancellationToken)
    {
        var (checkedMember, problem) = await desk.Check(context, command.Email, command.Password, cancellationToken);
        return checkedMember is null ? problem!
            : await desk.Open(context, checkedMember.MemberId, checkedMember.PasswordAt, cancellationToken) is { } answer ? TypedResults.Ok(answer)
            : SignInDesk.WrongCredentials;
    }

    private static async Task<NoContent> Out(HttpContext context, SignInDesk desk, CancellationToken cancellationToken)
    {
        await desk.Close(context, cancellationToken);
        return TypedResults.NoContent();
    }
}
