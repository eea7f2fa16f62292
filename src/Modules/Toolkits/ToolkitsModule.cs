using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Which tools together: toolkits, their grants and policies, and the compiled views that MCP is served from.</summary>
public static class ToolkitsModule
{
    /// <summary>Registers events, the read model <c>toolkits</c>, <see cref="IToolViews"/> and the commands. Needs Connections and Policies.</summary>
    public static IServiceCollection AddToolkits(this IServiceCollection services)
    {
        services.AddEvents(
            typeof(ToolkitCreated), typeof(ToolkitRenamed), typeof(ToolkitSlugChanged), typeof(ToolkitDeleted), typeof(ConnectionGranted), typeof(ConnectionRevoked),
            typeof(ToolkitPolicyAdded), typeof(ToolkitPolicyChanged), typeof(ToolkitPolicyMoved), typeof(ToolkitPolicyRemoved),
            typeof(ToolkitSurfaceChanged), typeof(ToolkitNamesChanged), typeof(ToolOverridden), typeof(ToolOverrideRemoved),
            typeof(BringYourOwnDeclared), typeof(BringYourOwnWithdrawn));
        services.AddReadModel<ToolkitsReadModel>();
        services.AddSingleton<ViewCompiler>();
        services.AddSingleton<ToolViews>();
        services.AddSingleton<IToolViews>(provider => provider.GetRequiredService<ToolViews>());
        services.AddSingleton<IProtectedResources, ProtectedResources>();
        services.AddHostedService<ViewRefresher>();
        services.AddSingleton<ToolkitWrites>();
        services.AddSingleton<IToolkitPolicyWriting, ToolkitPolicyWriting>();
        services.AddSingleton<ToolkitShow>();
        services.AddSingleton<ToolkitPast>();
        services.AddSingleton<Moment>();
        services.AddCommand<CreateToolkit, CreateToolkit.Validator>();
        services.AddCommand<ChangeToolkit, ChangeToolkit.Validator>();
        services.AddCommand<GrantConnection, GrantConnection.Validator>();
        services.AddCommand<AddToolkitPolicy, AddToolkitPolicy.Validator>();
        services.AddCommand<ChangeToolkitPolicy, ChangeToolkitPolicy.Validator>();
        services.AddCommand<OverrideTool, OverrideTool.Validator>();
        services.AddCommand<RestoreToolkit, RestoreToolkit.Validator>();
        services.AddCommand<ResolvePolicy, ResolvePolicy.Validator>();
        return services;
    }

    /// <summary>Maps <c>/api/toolkits</c>, reading <c>/api/tools</c>, and <c>POST /api/policies/resolve</c>.</summary>
    public static IEndpointRouteBuilder MapToolkits(this IEndpointRouteBuilder endpoints)
    {
        var toolkits = endpoints.MapRest("/toolkits", "Toolkits");
        toolkits.RequireScope(Scopes.Manage);
        ListToolkits.Map(toolkits);
        CreateToolkit.Map(toolkits);
        ChangeToolkit.Map(toolkits);
        DeleteToolkit.Map(toolkits);
        ListGrants.Map(toolkits);
        GrantConnection.Map(toolkits);
        RevokeConnection.Map(toolkits);
        ListToolkitPolicies.Map(toolkits);
        AddToolkitPolicy.Map(toolkits);
        ChangeToolkitPolicy.Map(toolkits);
        RemoveToolkitPolicy.Map(toolkits);
        ToolkitTools.Map(toolkits);
        ListOverrides.Map(toolkits);
        OverrideTool.Map(toolkits);
        RemoveOverride.Map(toolkits);
        DeclareBringYourOwn.Map(toolkits);
        WithdrawBringYourOwn.Map(toolkits);
        ToolkitHistory.Map(toolkits);
        ToolkitDiff.Map(toolkits);
        RestoreToolkit.Map(toolkits);

        var tools = endpoints.MapRest("/tools", "Tools");
        tools.RequireScope(Scopes.Manage);
        ListTools.Map(tools);

        var policies = endpoints.MapRest("/policies", "Policies");
        policies.RequireScope(Scopes.Manage);
        ResolvePolicy.Map(policies);
        return endpoints;
    }
}
