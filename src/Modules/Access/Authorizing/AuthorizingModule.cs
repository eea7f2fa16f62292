using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>The authorization server: people let MCP clients in (OAuth 2.1, docs/oauth.md).</summary>
internal static class AuthorizingModule
{
    public static void AddAuthorizing(this IServiceCollection services)
    {
        services.AddEvents(typeof(ClientRegistered), typeof(ClientRemoved), typeof(GrantGiven), typeof(GrantTokensIssued), typeof(GrantEnded));
        services.AddReadModel<ClientsModel>();
        services.AddReadModel<GrantsModel>();
        services.AddSingleton<ClientDocuments>();
        services.AddSingleton<ClientDirectory>();
        services.AddSingleton<OAuthThrottle>();
        services.AddSingleton<ExternalTokens>();
        services.AddHostedService<IssuerKeys>();
        services.AddSingleton<RegisterClient>();
        services.AddSingleton<Authorize>();
        services.AddSingleton<TokenEndpoint>();
        services.AddSingleton<RevokeToken>();
        services.AddCommand<AddClient, AddClientValidator>();
    }

    /// <summary>Maps the endpoints at the root, <c>/api/clients</c>, and the grants of <paramref name="account"/>.</summary>
    public static void MapAuthorizing(this IEndpointRouteBuilder endpoints, IEndpointRouteBuilder account)
    {
        var services = endpoints.ServiceProvider;
        ServerMetadata.Map(endpoints, services.GetRequiredService<PublicAddress>(), services.GetRequiredService<ClientDocuments>());
        services.GetRequiredService<RegisterClient>().Map(endpoints);
        services.GetRequiredService<Authorize>().Map(endpoints);
        services.GetRequiredService<TokenEndpoint>().Map(endpoints);
        services.GetRequiredService<RevokeToken>().Map(endpoints);
        ListingGrants.Map(account);
        RevokingGrant.Map(account);

        var clients = endpoints.MapRest("/clients", "Clients").RequireScope(Scopes.Manage);
        ListingClients.Map(clients);
        AddingClient.Map(clients);
        RemovingClient.Map(clients);
    }
}
