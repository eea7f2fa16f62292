using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Who the caller is.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Role">Role in the workspace.</param>
/// <param name="Scopes">What this credential allows.</param>
/// <param name="CredentialId">The credential that was used.</param>
/// <param name="WorkspaceId">The workspace.</param>
internal sealed record Account(string Id, string Name, Role Role, IReadOnlyList<string> Scopes, string CredentialId, string WorkspaceId)
{
    /// <summary>Address with which the person signs in; null for none.</summary>
    public string? Email { get; init; }

    /// <summary>For a person signed in by cookie: what every write carries as <c>X-CSRF-Token</c>.</summary>
    public string? CsrfToken { get; init; }
}

internal static class DescribingAccount
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/me", Handle).WithName("describeAccount").WithSummary("Describe the caller");

    private static Account Handle(HttpContext context, IReadModels models)
    {
        var principal = context.Principal();
        var state = models.Current.Get<AccessState>();
        return new Account(principal.Id, principal.Name, principal.Role, ScopeNames.Of(principal.Scopes), principal.CredentialId, state.WorkspaceId!)
        {
            Email = state.Members.GetValueOrDefault(principal.Id)?.Email,
            CsrfToken = principal.Kind == CredentialKind.SignIn ? PageForms.Token(context) : null,
        };
    }
}
