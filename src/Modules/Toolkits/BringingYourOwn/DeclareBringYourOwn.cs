using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>
/// Has the callers of a shared toolkit bring their own connections to an integration. It stands for a grant of <c>{integration}.user.*</c> that means, for
/// each caller, the connections of that caller; policies speak about them as about any others.
/// </summary>
internal static class DeclareBringYourOwn
{
    /// <summary>Most integrations of one toolkit.</summary>
    public const int Most = 100;

    public static void Map(IEndpointRouteBuilder group) => group.MapPut("/{id}/bring-your-own/{integration}", Handle).WithName("declareBringYourOwn")
        .WithSummary("Has the callers of a shared toolkit bring their own connections to an integration.");

    private static async Task<Results<Ok<ToolkitDto>, ProblemResult>> Handle(
        string id, string integration, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, IReadModels models, ICatalog catalog, ToolkitShow show,
        CancellationToken cancellationToken)
    {
        var known = catalog.At(models.Current).Integrations.Contains(integration);
        var written = await writes.Run(context, id, ifMatch, state => Decide(state, id, integration, known), cancellationToken);
        return written.Row is { } row ? TypedResults.Ok(show.Of(row, context, models.Current)) : written.Problem;
    }

    /// <summary>Whether the integration exists is known to whoever saw the catalog.</summary>
    public static Decision Decide(ToolkitState state, string id, string integration, bool known)
    {
        if (!state.Owner.IsOrg)
        {
            return Rejection.Conflict("personal_toolkit", "A personal toolkit serves its owner's connections as it is: grant them.");
        }

        if (state.BringYourOwn.Contains(integration))
        {
            return Decision.Nothing;
        }

        if (integration == IManagementApi.Slug)
        {
            return Rejection.Conflict("builtin_integration", "The builtin tools need no connection: grant them by name.");
        }

        if (!known)
        {
            return Rejection.NotFound("integration_not_found", "There is no such integration.");
        }

        return state.BringYourOwn.Count >= Most
            ? Rejection.Conflict("too_many_integrations", $"The callers of a toolkit bring connections to at most {Most} integrations.")
            : Decision.Accept(new BringYourOwnDeclared(id, integration));
    }
}
