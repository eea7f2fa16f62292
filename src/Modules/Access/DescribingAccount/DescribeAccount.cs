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
internal sealed record Account(string Id, string Name, Role Role, IReadOnlyList<string> Scopes, string CredentialId, string WorkspaceId);

internal static class DescribingAccount
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/me", Handle).WithName("describeAccount").WithSummary("Describe the caller");

    private static Account Handle(HttpContext context, IReadModels models)
    {
        var principal = context.Principal();
        return new Account(
            principal.Id, principal.Name, principal.Role, ScopeNames.Of(principal.Scopes), principal.CredentialId, models.Current.Get<AccessState>().WorkspaceId!);
    }
}
