using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Who: members, roles, API keys, and the authentication of REST requests.</summary>
public static class AccessModule
{
    /// <summary>Registers the module.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AccessOptions>().Bind(configuration.GetSection("Toolgate")).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddEvents(
            typeof(WorkspaceCreated), typeof(MemberJoined), typeof(MemberRenamed), typeof(MemberRoleChanged), typeof(MemberRemoved),
            typeof(ApiKeyIssued), typeof(ApiKeyRevoked), typeof(MemberEmailChanged), typeof(MemberIdentityLinked), typeof(PasswordChanged), typeof(AccessLinkIssued), typeof(AccessLinkRevoked),
            typeof(AccessLinkUsed), typeof(SignInStarted), typeof(SignInEnded));
        services.AddMigrations<AccessReadModel>();
        services.AddReadModel<AccessReadModel>();
        services.AddReadModel<SignInsModel>();
        services.AddSingleton<LastUse>();
        services.AddHostedService<LastUseKeeper>();
        services.AddSingleton<BrowserSessions>();
        services.AddSingleton<IBrowserSessions>(provider => provider.GetRequiredService<BrowserSessions>());
        services.AddSingleton<PublicAddress>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<AttemptThrottle>();
        services.AddSingleton<SignInDesk>();
        services.AddSingleton<UsingLink>();
        services.AddSingleton<Provider>();
        services.AddSingleton<IdTokens>();
        services.AddSingleton<ProviderDesk>();
        services.AddSingleton<ProviderPages>();
        services.AddSingleton<ICredentials, Credentials>();
        services.AddSingleton<IFirstStart, FirstStart>();
        services.AddSingleton<IMembers, Members>();
        services.AddCommand<IssueApiKey, IssueApiKeyValidator>();
        services.AddCommand<AddServiceAccount, AddServiceAccountValidator>();
        services.AddCommand<ChangeMember, ChangeMemberValidator>();
        services.AddCommand<IssueInvite, IssueInviteValidator>();
        services.AddAuthorizing();
        return services;
    }

    /// <summary>Authenticates endpoints that <see cref="RequireScopeExtensions"/> marked; for <c>UseRest</c>.</summary>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app) => app.UseMiddleware<AuthenticationMiddleware>();

    /// <summary>Maps <c>/api/account</c>, <c>/api/members</c>, <c>/api/invites</c> and the pages on which people sign in.</summary>
    public static IEndpointRouteBuilder MapAccess(this IEndpointRouteBuilder endpoints)
    {
        var account = endpoints.MapRest("/account", "Account").RequireScope(Scopes.Manage);
        var open = endpoints.MapRest("/account", "Account");
        SigningIn.Map(open, account);
        SigningUp.Map(open);
        ListingSignIns.Map(account);
        ChangingPassword.Map(account);
        DescribingAccount.Map(account);
        ListingApiKeys.Map(account);
        IssuingApiKey.Map(account);
        RevokingApiKey.Map(account);

        var members = endpoints.MapRest("/members", "Members").RequireScope(Scopes.Manage);
        ListingMembers.Map(members);
        AddingServiceAccount.Map(members);
        ChangingMember.Map(members);
        RemovingMember.Map(members);
        ResettingPassword.Map(members);

        var invites = endpoints.MapRest("/invites", "Invites").RequireScope(Scopes.Manage);
        IssuingInvite.Map(invites);
        ListingInvites.Map(invites);

        endpoints.MapAuthorizing(account);
        SignInPage.Map(endpoints);
        var options = endpoints.ServiceProvider.GetRequiredService<IOptions<AccessOptions>>().Value;
        if (options.OpenIdConnect.IsOn)
        {
            ProviderPages.Map(endpoints);
        }

        if (options.SignIn.Passwords)
        {
            LinkPages.Map(endpoints);
        }

        return endpoints;
    }
}
