using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>What can be reached: integrations, catalogs of tools, connections, secrets, egress, invocation.</summary>
public static class ConnectionsModule
{
    /// <summary>Registers the module. Needs the event store, its <c>NpgsqlDataSource</c> and the REST conventions.</summary>
    public static IServiceCollection AddConnections(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddMigrations<ConnectionsModel>();
        services.AddEvents(ConnectionsModel.Events);
        services.AddEvents(typeof(MasterKeyRotated));

        services.AddReadModel<ConnectionsModel>();
        services.AddSingleton<BlobStore>();
        services.AddSingleton<CatalogStore>();
        services.AddSingleton<PluginHosts>();
        services.AddSingleton<ManifestValidator>();
        services.AddSingleton<PluginCatalogs>();
        services.AddSingleton<ICatalog, Catalog>();
        services.AddSingleton<Commands>();
        services.AddSingleton<SourceReader>();
        services.AddSingleton<ConnectionCatalogs>();
        services.AddSingleton<GraphQlSourceReader>();
        services.AddSingleton<IConnectionSource, GraphQlConnectionSource>();
        AddSecrets(services, configuration);
        AddEgress(services, configuration);
        services.AddUpstreamServers(configuration);
        services.AddSingleton<ServerProbe>();

        services.AddOptions<CallsOptions>().Bind(configuration.GetSection(CallsOptions.Section))
            .Validate(options => options.IsValid(), "Toolgate:Calls: Timeout, AskTimeout and StreamWindow must be under a day and MaxResponseBytes from 1 to 1073741824.").ValidateOnStart();
        services.AddOptions<RefreshOptions>().Bind(configuration.GetSection(RefreshOptions.Section))
            .Validate(options => options.IsValid(), "Toolgate:Refresh: Interval must be from zero (off) to 366 days.").ValidateOnStart();
        services.AddSingleton<RefreshLedger>();
        services.AddSingleton<RefreshRounds>();
        services.AddHostedService<RefreshSchedule>();
        services.AddSingleton<Deadlines>();
        services.AddUpstreamAuthorization();
        services.AddSingleton<ConnectionAuth>();
        services.AddSingleton<BuiltinTools>();
        services.AddSingleton<BuiltinInvoker>();
        services.AddSingleton<IKindInvoker, OpenApiInvoker>();
        services.AddSingleton<IKindInvoker, PluginInvoker>();
        services.AddSingleton<IKindInvoker, GraphQlInvoker>();
        services.AddSingleton<GuardedCalls>();
        services.AddSingleton<IToolInvoker, ToolInvoker>();

        return services
            .AddCommand<ImportOpenApi, ImportOpenApiValidator>()
            .AddCommand<ImportGraphQl, ImportGraphQlValidator>()
            .AddCommand<ReplaceSource, ReplaceSourceValidator>()
            .AddCommand<DescribeIntegration, DescribeIntegrationValidator>()
            .AddCommand<ApprovePluginTool, ApprovePluginToolValidator>()
            .AddCommand<AcceptChanges, AcceptChangesValidator>()
            .AddCommand<DetectSource, DetectSourceValidator>()
            .AddCommand<PreviewSource, PreviewSourceValidator>()
            .AddCommand<CreateConnection, CreateConnectionValidator>()
            .AddCommand<DescribeConnection, DescribeConnectionValidator>();
    }

    /// <summary>Maps <c>/api/integrations</c>, <c>/api/connections</c>, <c>/api/oauth</c> and <c>/api/secrets</c>, and the pages where people authorize connections.</summary>
    public static IEndpointRouteBuilder MapConnections(this IEndpointRouteBuilder endpoints)
    {
        var integrations = endpoints.MapRest("/integrations", "Integrations").RequireScope(Scopes.Manage);
        ListingIntegrations.Map(integrations);
        ImportingOpenApi.Map(integrations);
        ValidatingPlugin.Map(integrations);
        PublishingPlugin.Map(integrations);
        EnablingPlugin.Map(integrations);
        ApprovingPluginTools.Map(integrations);
        ShowingPlugin.Map(integrations);
        ListingPluginVersions.Map(integrations);
        ComparingPluginVersions.Map(integrations);
        ImportingGraphQl.Map(integrations);
        ImportingMcp.Map(integrations);
        DetectingSource.Map(integrations);
        PreviewingSource.Map(integrations);
        ReplacingSource.Map(integrations);
        RefreshingIntegration.Map(integrations);
        DescribingIntegration.Map(integrations);
        ReadingChanges.MapIntegrations(integrations);
        AcceptingChanges.MapIntegrations(integrations);
        RemovingIntegration.Map(integrations);

        var connections = endpoints.MapRest("/connections", "Connections").RequireScope(Scopes.Manage);
        ListingConnections.Map(connections);
        CreatingConnection.Map(connections);
        StartingAuthorization.Map(connections);
        DescribingConnection.Map(connections);
        ReplacingCredentials.Map(connections);
        RefreshingConnection.Map(connections);
        TestingConnection.Map(connections);
        ReadingChanges.MapConnections(connections);
        AcceptingChanges.MapConnections(connections);
        RemovingConnection.Map(connections);

        endpoints.MapUpstreamAuthorization();
        RotatingMasterKey.Map(endpoints.MapRest("/secrets", "Secrets").RequireScope(Scopes.Manage));
        return endpoints;
    }

    private static void AddSecrets(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<SecretsOptions>().Bind(configuration.GetSection(SecretsOptions.Section))
            .Configure(options => options.DataDirectory = configuration["Toolgate:DataDirectory"] ?? options.DataDirectory)
            .Validate(options => options.IsValid(), "Toolgate:Secrets: MasterKey and PreviousMasterKeys must be base64 of 32 bytes.")
            .Validate(options => options.HasValidReferences(), SecretsOptions.InvalidReferences).ValidateOnStart();
        services.AddSingleton<ISecretSource, EnvironmentSource>();
        services.AddSingleton<ISecretSource, FileSource>();
        services.AddSingleton<ISecretSource, VaultSource>();
        services.AddSingleton<SecretReferences>();
        services.AddSingleton<MasterKeyRing>();
        services.AddSingleton<SecretVault>();
        services.AddSingleton<ISecretKeys, SecretKeys>();
        services.AddSingleton<IStateSeal, StateSeal>();
    }

    private static void AddEgress(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<EgressOptions>().Bind(configuration.GetSection(EgressOptions.Section))
            .Validate(options => options.IsValid(), "Toolgate:Egress: AllowedNetworks must be networks in CIDR form, such as 10.20.0.0/16.")
            .Validate(options => options.HasValidProxy(), "Toolgate:Egress: Proxy must be http://host:port, ProxyCredentials name:password, and NoProxy hosts, *.domains and networks.")
            .ValidateOnStart();
        services.TryAddSingleton<INameResolver, SystemNameResolver>();
        services.AddSingleton<AddressRules>();
        services.AddSingleton<EgressConnector>();
        services.AddSingleton<EgressClient>();
        services.AddSingleton<IGuardedFetch, GuardedFetch>();
    }
}
