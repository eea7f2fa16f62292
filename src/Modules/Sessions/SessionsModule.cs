using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>The MCP surface: transport, sessions, calls and their records.</summary>
public static class SessionsModule
{
    /// <summary>
    /// Registers the module. Needs the log (registered before it, so that it stops after it), credentials, views and the invoker. Reads the
    /// settings <c>Toolgate:Sessions:*</c>, <c>Toolgate:Limits:*</c>, <c>Toolgate:Approvals:*</c>, <c>Toolgate:Audit:Durability</c>, <c>Toolgate:Cors:AllowedOrigins</c>, <c>Toolgate:PublicUrl</c> and
    /// <c>Toolgate:Anonymous:Toolkits</c>.
    /// </summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is out of range; the message names it.</exception>
    public static IServiceCollection AddSessions(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(SessionsOptions.From(configuration));
        services.AddEvents(
            typeof(SessionOpened), typeof(SessionEnded), typeof(ToolCallAttempted), typeof(ToolCallCompleted), typeof(ToolCallFailed), typeof(ToolCallDenied),
            typeof(ToolCallInterrupted), typeof(ResourceRead), typeof(ResourceReadDenied), typeof(PromptFetched), typeof(PromptFetchDenied),
            typeof(LimitSet), typeof(LimitLifted), typeof(CallsLimited), typeof(ApprovalRequested), typeof(ApprovalDecided), typeof(ApprovalConsumed), typeof(ApprovalLapsed));
        services.AddMigrations<SessionsOptions>();
        services.AddReadModel<SessionsModel>();
        services.AddReadModel<LimitsModel>();
        services.AddReadModel<ApprovalsModel>();
        services.AddCommand<SetLimit, SetLimit.Validator>();
        services.AddSingleton(LimitsOptions.From(configuration));
        services.AddSingleton<Limiter>();
        services.AddSingleton<Node>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<SessionsTelemetry>();
        services.AddSingleton<OriginGuard>();
        services.AddSingleton<ResourceMetadata>();
        services.AddSingleton<McpEndpoint>();
        services.AddSingleton<ModernEra>();
        services.AddSingleton<LegacyEra>();
        services.AddSingleton<Initializing>();
        services.AddSingleton<ToolCalling>();
        services.AddSingleton<ToolListing>();
        services.AddSingleton<SurfaceCalls>();
        services.AddSingleton<ConnectCalls>();
        services.AddSingleton<Listening>();
        services.AddSingleton<Following>();
        services.AddSingleton<OfferMethods>();
        services.AddSingleton<OfferPipeline>();
        services.AddSingleton<Completing>();
        services.AddSingleton<Subscribing>();
        services.AddSingleton<SubscriptionQuota>();
        services.AddSingleton<SettingLevel>();
        services.AddSingleton<SessionClients>();
        services.AddSingleton<RelayStreams>();
        services.AddSingleton<RelayedRequest>();
        services.AddSingleton<StatelessRelay>();
        services.AddSingleton<InputRounds>();
        services.AddSingleton<UsedStates>();
        services.AddSingleton<ArgumentsSalt>();
        services.AddSingleton<CallPipeline>();
        services.AddSingleton<CallChecks>();
        AddApprovals(services, configuration);
        services.AddSingleton<CredentialLeashes>();
        services.AddHosted<NodeLife>();
        services.AddHosted<CallRecorder>();
        services.AddHosted<UsageKeeper>();
        services.AddHosted<SessionKeeper>();
        services.AddHosted<ListChangeHub>();
        services.AddHosted<CredentialWatch>();
        services.AddHosted<ParkedCalls>();
        services.AddHosted<CallGrace>();
        services.AddHosted<SlowCalls>();
        return services;
    }

    private static void AddApprovals(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(ApprovalsOptions.From(configuration));
        services.AddSingleton<ApprovalPulse>();
        services.AddSingleton<ApprovalVault>();
        services.AddSingleton<ApprovalDesk>();
        services.AddSingleton<ApprovalGate>();
        services.AddSingleton<ApprovalStep>();
        services.AddSingleton<ClientQuestions>();
        services.AddSingleton<Remembering>();
        services.AddSingleton<DecisionDesk>();
        services.AddSingleton<ResumingApproval>();
        services.AddCommand<DecideApproval, DecideApproval.Validator>();
        services.AddHosted<ApprovalKeeper>();
    }

    /// <summary>Counts requests over REST against the limits of their principals; after authentication.</summary>
    public static IApplicationBuilder UseLimits(this IApplicationBuilder app) => app.UseMiddleware<LimitRequests>();

    /// <summary>Maps <c>/mcp</c>, <c>/mcp/toolkits/{slug}</c>, the protected resource metadata, and the REST routes of sessions, calls, approvals and limits.</summary>
    public static IEndpointRouteBuilder MapSessions(this IEndpointRouteBuilder endpoints)
    {
        var mcp = endpoints.ServiceProvider.GetRequiredService<McpEndpoint>();
        endpoints.Map("/mcp", mcp.Handle).ExcludeFromDescription();
        endpoints.Map("/mcp/toolkits/{slug}", mcp.Handle).ExcludeFromDescription();
        endpoints.ServiceProvider.GetRequiredService<ResourceMetadata>().Map(endpoints);
        SessionEndpoints.Map(endpoints);
        CallingTool.Map(endpoints);
        var approvals = endpoints.MapRest("/approvals", "Approvals").RequireScope(Scopes.Manage);
        ShowingApprovals.Map(approvals);
        DecidingApproval.Map(approvals);
        FollowingApprovals.Map(approvals);
        ApprovalPages.Map(endpoints);
        var limits = endpoints.MapRest("/limits", "Limits").RequireScope(Scopes.Manage);
        ShowingLimits.Map(limits);
        SettingLimit.Map(limits);
        LiftingLimit.Map(limits);
        return endpoints;
    }

    private static void AddHosted<T>(this IServiceCollection services)
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<T>());
    }
}
