using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Policies;

/// <summary>What is allowed: rules of the workspace and of accounts, their order, and the decision.</summary>
public static class PoliciesModule
{
    /// <summary>Registers events, the read model <c>policies</c>, <see cref="IPolicies"/> and the commands.</summary>
    public static IServiceCollection AddPolicies(this IServiceCollection services)
    {
        services.AddEvents(typeof(PolicyRuleAdded), typeof(PolicyRuleChanged), typeof(PolicyRuleMoved), typeof(PolicyRuleRemoved));
        services.AddReadModel<PoliciesReadModel>();
        services.AddSingleton<IPolicies, PoliciesAt>();
        services.AddSingleton<IRuleWriting, RuleWriting>();
        services.AddCommand<AddRule, AddRule.Validator>();
        services.AddCommand<ChangeRule, ChangeRule.Validator>();
        return services;
    }

    /// <summary>Maps <c>/api/policies</c>. <c>POST /api/policies/resolve</c> belongs to Toolkits, which knows every input of a decision.</summary>
    public static IEndpointRouteBuilder MapPolicies(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapRest("/policies", "Policies");
        group.RequireScope(Scopes.Manage);
        ListRules.Map(group);
        AddRule.Map(group);
        ChangeRule.Map(group);
        RemoveRule.Map(group);
        return endpoints;
    }
}
