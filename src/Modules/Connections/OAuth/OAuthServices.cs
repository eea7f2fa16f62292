using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Registers and maps the client of authorization servers.</summary>
internal static class OAuthServices
{
    /// <summary>Adds it.</summary>
    public static void AddUpstreamAuthorization(this IServiceCollection services)
    {
        services.AddSingleton<ClientCredentials>();
        services.AddSingleton<MetadataClient>();
        services.AddSingleton<AuthorizationDiscovery>();
        services.AddSingleton<UpstreamClients>();
        services.AddSingleton<PendingAuthorizations>();
        services.AddSingleton<TokenEndpoint>();
        services.AddSingleton<GrantStore>();
        services.AddSingleton<ConnectLinks>();
        services.AddSingleton<GrantRenewal>();
        services.AddSingleton<AuthorizationDesk>();
        services.AddSingleton<RenewingCalls>();
        services.AddSingleton<ConnectActs>();
        services.AddCommand<StartAuthorization, StartAuthorizationValidator>();
        services.AddCommand<RegisterUpstreamClient, RegisterUpstreamClientValidator>();
    }

    /// <summary>Maps <c>/api/oauth</c>, the pages where people authorize connections, and what this deployment is as a client.</summary>
    public static void MapUpstreamAuthorization(this IEndpointRouteBuilder endpoints)
    {
        RegisteringUpstreamClient.Map(endpoints.MapRest("/oauth/clients", "OAuth").RequireScope(Scopes.Manage));
        FinishingAuthorization.Map(endpoints);
        ConnectPage.Map(endpoints);
        endpoints.MapGet(UpstreamClients.DocumentPath, Describe).ExcludeFromDescription();
    }

    /// <summary>The client metadata document (draft-ietf-oauth-client-id-metadata-document); authorization servers read it, as anybody may.</summary>
    private static IResult Describe(HttpContext context, UpstreamClients clients, AuthorizationDesk desk)
    {
        if (clients.DocumentUrl is not { } url)
        {
            return Problem.Of(404, "not_found", "Toolgate has no public https address, so that no authorization server could read this document.");
        }

        context.Response.Headers.CacheControl = "public, max-age=3600";
        var document = UpstreamClients.Metadata(desk.RedirectOf(context.Request), ClientProof.None);
        document["client_id"] = url;
        return TypedResults.Json(document);
    }
}
