using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.Audit.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>The log as a product: search, export, following, verification, replay.</summary>
public static class AuditModule
{
    /// <summary>Registers the module, its index and its migrations.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services)
    {
        services.AddEvents(typeof(ReplayCompleted));
        services.AddMigrations<AuditIndexProjection>();
        services.AddProjection<AuditIndexProjection>();
        services.AddSingleton<AuditIndex>();
        services.AddSingleton<Verifier>();
        services.AddSingleton<ReplayJobs>();
        return services;
    }

    /// <summary>Maps <c>/api/audit</c>.</summary>
    public static IEndpointRouteBuilder MapAudit(this IEndpointRouteBuilder endpoints)
    {
        var audit = endpoints.MapRest("/audit", "Audit").RequireScopeOrAdmin(Scopes.Audit);
        SearchingEvents.Map(audit);
        ShowingEvent.Map(audit);
        ExportingLog.Map(audit);
        FollowingLog.Map(audit);
        VerifyingLog.Map(audit);
        ListingCheckpoints.Map(audit);
        StartingReplay.Map(audit);
        ShowingReplay.Map(audit);
        return endpoints;
    }
}
