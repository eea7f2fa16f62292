using Toolgate.Access;
using Toolgate.Audit;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;
using Toolgate.Sessions;
using Toolgate.Toolkits;

namespace Toolgate.Host;

/// <summary>What Toolgate is made of, one line a module.</summary>
internal static class Modules
{
    /// <summary>Registers every module.</summary>
    public static void AddModules(this WebApplicationBuilder builder, string dataFolder)
    {
        var services = builder.Services;
        var configuration = builder.Configuration;
        services.AddSingleton(TimeProvider.System);
        services.AddApiDescription();
        services.AddRest();
        services.AddEventStore(options =>
        {
            configuration.GetSection("Toolgate:Log").Bind(options);
            options.DataDirectory = dataFolder;
        });
        services.AddAccess(configuration);
        services.AddConnections(configuration);
        services.AddSingleton<ManagementApi>();
        services.AddSingleton<IManagementApi>(provider => provider.GetRequiredService<ManagementApi>());
        services.AddPolicies();
        services.AddToolkits();
        services.AddSessions(configuration);
        services.AddAudit();
    }

    /// <summary>The middleware, outermost first, and every module's endpoints.</summary>
    public static void UseModules(this WebApplication app)
    {
        app.Use(app.Services.GetRequiredService<ManagementApi>().Attach);
        app.UseConfiguredProxies();
        app.UseSecurityHeaders();
        app.UseMiddleware<LastResort>();
        app.UseMiddleware<RequestGuard>(KnownHosts.From(app.Configuration));
        app.UseRest(authenticate => authenticate.UseAccess().UseLimits());
        app.MapHealth();
        app.MapApiDescription();
        app.MapPageStyle();
        app.MapAccess();
        app.MapConnections();
        app.MapPolicies();
        app.MapToolkits();
        app.MapSessions();
        app.MapAudit();
    }

    /// <summary>Opens the log and makes what an empty database needs; answers what that made.</summary>
    /// <exception cref="StartupFailureException">The database or the configuration does not allow it.</exception>
    public static async Task<FirstStartResult> OpenLog(this WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.Services.GetRequiredService<IEventStoreStartup>().Start(cancellationToken);
            return await app.Services.GetRequiredService<IFirstStart>().Run(cancellationToken);
        }
        catch (Exception e) when (StartupFailureException.From(e) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Drains the log. Does nothing when the server's own shutdown did it already.</summary>
    public static Task CloseLog(this WebApplication app) => app.Services.GetRequiredService<IEventStoreStartup>().Stop();
}
