using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Registers the client of upstream MCP servers.</summary>
internal static class McpServices
{
    /// <summary>Adds it.</summary>
    public static void AddUpstreamServers(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<McpOptions>().Bind(configuration.GetSection(McpOptions.Section))
            .Validate(options => options.IsValid(), "Toolgate:Mcp: times and numbers must be positive, RefreshInterval at least a second.").ValidateOnStart();
        services.AddOptions<StdioOptions>().Bind(configuration.GetSection(StdioOptions.Section))
            .Configure(options => options.DataDirectory = configuration["Toolgate:DataDirectory"] ?? options.DataDirectory)
            .Validate(options => options.IsValid(), "Toolgate:Stdio: MaxProcesses must be positive, Path and AllowedCommands not empty.").ValidateOnStart();
        services.AddSingleton<SessionQuota>();
        services.AddSingleton<McpDialer>();
        services.AddSingleton<UpstreamLinks>();
        services.AddSingleton<StdioLauncher>();
        services.AddSingleton<McpCalls>();
        services.AddSingleton<ResourceSubscriptions>();
        services.AddSingleton<IUpstreams, Upstreams>();
        services.AddHostedService<CatalogFollower>();
        services.AddSingleton<IConnectionSource, McpSource>();
        services.AddSingleton<IKindInvoker, McpInvoker>();
        services.AddCommand<ImportMcp, ImportMcpValidator>();
    }
}
