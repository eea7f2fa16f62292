using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Keeps a client that was registered by hand at an authorization server.</summary>
/// <param name="ClientId">Its identifier.</param>
/// <param name="ClientSecret">Its secret; not given for a public client. Write-only.</param>
/// <param name="Issuer">The authorization server that it is bound to; found out from the integration when it is not given.</param>
/// <param name="Integration">The only integration that may use it; every one that names the issuer when it is not given.</param>
/// <param name="TokenEndpointAuthMethod"><c>client_secret_basic</c>, <c>client_secret_post</c> or <c>none</c>; basic with a secret and none without it when it is not given.</param>
internal sealed record RegisterUpstreamClient(
    string? ClientId, string? ClientSecret = null, string? Issuer = null, string? Integration = null, string? TokenEndpointAuthMethod = null)
{
    /// <summary>Keeps the secret out of anything that prints the command.</summary>
    public override string ToString() => $"{nameof(RegisterUpstreamClient)} {ClientId}";
}

/// <summary>A client on the wire. Its secret never comes back.</summary>
/// <param name="Id"><c>oac_…</c>.</param>
/// <param name="Issuer">The authorization server that it is bound to.</param>
/// <param name="Integration">The only integration that uses it; null for every one that names the issuer.</param>
/// <param name="ClientId">Its identifier.</param>
/// <param name="HasSecret">Whether it has a secret.</param>
/// <param name="TokenEndpointAuthMethod">How it proves itself.</param>
/// <param name="IsDynamic">Whether it was registered dynamically.</param>
/// <param name="RedirectUri">What is registered as its redirect; for one by hand, what must be.</param>
/// <param name="ExpiresAt">When its secret ends; null for never.</param>
/// <param name="CreatedAt">When it was kept first.</param>
/// <param name="UpdatedAt">When it was last replaced.</param>
internal sealed record UpstreamClientBody(
    string Id, string Issuer, string? Integration, string ClientId, bool HasSecret, string TokenEndpointAuthMethod, bool IsDynamic, string RedirectUri,
    DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>How a row is shown.</summary>
    public static UpstreamClientBody Of(UpstreamClientRow row, string redirect) => new(
        row.Client.Id, row.Client.Issuer, row.Client.Integration, row.Client.ClientId, row.Client.SecretId is not null, row.Client.AuthMethod, row.Client.IsDynamic,
        row.Client.RedirectUri ?? redirect, row.Client.ExpiresAt, row.CreatedAt, row.UpdatedAt);
}

/// <summary>Rules of <see cref="RegisterUpstreamClient"/>.</summary>
internal sealed class RegisterUpstreamClientValidator : AbstractValidator<RegisterUpstreamClient>
{
    private const int MaxText = 1_000;

    public RegisterUpstreamClientValidator()
    {
        RuleFor(command => command.ClientId).NotEmpty().WithErrorCode("required").WithMessage("Give the identifier of the client.");
        RuleFor(command => command.ClientId).Must(IsText).WithErrorCode("invalid_value").WithMessage($"At most {MaxText} characters, no control characters.");
        RuleFor(command => command.ClientSecret).Must(secret => secret is null || (secret.Length > 0 && IsText(secret)))
            .WithErrorCode("invalid_value").WithMessage($"1 to {MaxText} characters, no control characters.");
        RuleFor(command => command.Issuer).Must(issuer => issuer is null || OAuthUrls.IsIssuer(issuer)).WithErrorCode("invalid_url").WithMessage("An issuer is an https URL without query and fragment.");
        RuleFor(command => command.Issuer).NotNull().When(command => command.Integration is null).WithErrorCode("required").WithMessage("Name the issuer, the integration, or both.");
        RuleFor(command => command.TokenEndpointAuthMethod).Must(method => method is null || ClientProof.Methods.Contains(method))
            .WithErrorCode("invalid_method").WithMessage($"The method is one of {string.Join(", ", ClientProof.Methods)}.");
        RuleFor(command => command.TokenEndpointAuthMethod).Must((command, method) => method is null || (method == ClientProof.None) == (command.ClientSecret is null))
            .WithErrorCode("one_of").WithMessage("A client with a secret uses it, one without has the method none.");
    }

    private static bool IsText(string? text) => text is null || (text.Length <= MaxText && !AuthTemplateRules.HasControl(text));
}

/// <summary><c>GET POST /oauth/clients</c> and <c>DELETE /oauth/clients/{id}</c>: for admins.</summary>
internal static class RegisteringUpstreamClient
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("", List).WithName("listUpstreamClients").WithSummary("Lists the clients that Toolgate is to authorization servers of upstreams.");
        group.MapPost("", Register).WithName("registerUpstreamClient").WithSummary("Keeps a client that was registered by hand at an authorization server.").NotATool().TakesPassword();
        group.MapDelete("/{id}", Remove).WithName("removeUpstreamClient").WithSummary("Removes a client; connections that were authorized with it must be authorized again.");
    }

    private static Results<Ok<ListOf<UpstreamClientBody>>, ProblemResult> List(Commands commands, AuthorizationDesk desk, PageRequest page, HttpContext context)
        => context.Principal().MayWriteOrg
            ? TypedResults.Ok(page.Cut(commands.State.Clients.Values, row => row.Client.Id, row => UpstreamClientBody.Of(row, desk.RedirectOf(context.Request))))
            : Problem.Of(Refusals.AdminsOnly);

    private static async Task<Results<Created<UpstreamClientBody>, ProblemResult>> Register(
        RegisterUpstreamClient command, Commands commands, SecretVault vault, AuthorizationDiscovery discovery, AuthorizationDesk desk, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var (issuer, rejection) = await IssuerOf(command, commands, discovery, cancellationToken);
        if (issuer is null)
        {
            return Problem.Of(rejection!);
        }

        var id = UpstreamClient.IdOf(issuer, command.Integration, null);
        var secretId = command.ClientSecret is null ? null : SecretVault.NewId();
        var sealing = secretId is null ? null : vault.Store(secretId, new Dictionary<string, string> { [UpstreamClient.Secret] = command.ClientSecret! });
        var made = new UpstreamClientRegistered(
            id, issuer, command.Integration, command.ClientId!, secretId, command.TokenEndpointAuthMethod ?? (secretId is null ? ClientProof.None : ClientProof.Basic), null, null);
        var decided = await commands.OnClient(id, state => UpstreamClients.Keep(made, sealing, state), context.Metadata(), ifMatch: null, cancellationToken);
        if (!decided.IsDone(out var done, out var refused))
        {
            return Problem.Of(refused);
        }

        context.Wrote(done);
        return commands.State.Clients.GetValueOrDefault(id) is { } row
            ? TypedResults.Created($"/api/oauth/clients/{id}", UpstreamClientBody.Of(row, desk.RedirectOf(context.Request)))
            : Problem.Of(NoClient);
    }

    private static async Task<Results<NoContent, ProblemResult>> Remove(string id, IfMatch ifMatch, Commands commands, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var decided = await commands.OnClient(id, state => state is null ? NoClient : UpstreamClients.Removal(state), context.Metadata(), ifMatch.Version, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }

    private static Rejection NoClient { get; } = Rejection.NotFound("upstream_client_not_found", "There is no such client.");

    /// <summary>A secret is bound to one server from the first moment: what an integration says later does not move it.</summary>
    private static async Task<(string? Issuer, Rejection? Rejection)> IssuerOf(
        RegisterUpstreamClient command, Commands commands, AuthorizationDiscovery discovery, CancellationToken cancellationToken)
    {
        if (command.Integration is not { } slug)
        {
            return (command.Issuer, null);
        }

        if (commands.State.Integration(slug)?.Integration is not { } integration)
        {
            return (null, Rejection.Invalid("integration_not_found", $"There is no integration '{slug}'.", "/integration"));
        }

        if (command.Issuer is { } issuer)
        {
            return (issuer, null);
        }

        if (integration.Templates.FirstOrDefault(template => AuthorizationCode.FlowOf(template) is not null) is not { } authorizable)
        {
            return (null, Rejection.Invalid("template_not_found", $"'{slug}' has no auth template that a person authorizes.", "/integration"));
        }

        try
        {
            return ((await discovery.Find(integration, authorizable, cancellationToken)).Server.Issuer, null);
        }
        catch (OAuthFaultException fault)
        {
            return (null, Rejection.Invalid(fault.Code, fault.Message, "/issuer"));
        }
    }
}
