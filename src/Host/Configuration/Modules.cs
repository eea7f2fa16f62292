using Toolgate.Rest;

namespace Toolgate.Host;

/// <summary>What Toolgate is made of, one line a module.</summary>
internal static class Modules
{
    /// <summary>Registers every module.</summary>
    public static void AddModules(this WebApplicationBuilder builder, string dataFolder)
    {
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddRest();
        services.AddApiDescription();
    }

    /// <summary>The middleware, outermost first, and every module's endpoints.</summary>
    public static void UseModules(this WebApplication app)
    {
        app.UseConfiguredProxies();
        app.UseSecurityHeaders();
        app.UseMiddleware<LastResort>();
        app.MapHealth();
        app.MapApiDescription();
    }

    /// <summary>Opens the log and makes what an empty database needs; answers the owner key when one was generated.</summary>
    public static Task<string?> OpenLog(this WebApplication app, CancellationToken cancellationToken)
    {
        return Task.FromResult<string?>(null);
    }

    /// <summary>Drains the log when the server that should have done so never started.</summary>
    public static Task CloseLog(this WebApplication app) => Task.CompletedTask;
}
