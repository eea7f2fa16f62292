using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Makes a connection.</summary>
/// <param name="Owner"><c>org</c> for everyone, <c>user</c> for the caller alone.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Its name, made a camelCase identifier.</param>
/// <param name="Template">Slug of the auth template.</param>
/// <param name="Values">The value of each variable of the template, or where it is kept. Values are write-only.</param>
/// <param name="Description">What it is for.</param>
internal sealed record CreateConnection(
    string? Owner, string? Integration, string? Name, string? Template, IReadOnlyDictionary<string, CredentialValue>? Values = null, string? Description = null)
{
    /// <summary>Keeps the values out of anything that prints the command.</summary>
    public override string ToString() => $"{nameof(CreateConnection)} {Owner} {Integration}";
}

/// <summary>Rules of <see cref="CreateConnection"/>.</summary>
internal sealed class CreateConnectionValidator : AbstractValidator<CreateConnection>
{
    public CreateConnectionValidator()
    {
        RuleFor(command => command.Owner).Must(owner => owner is "org" or "user").WithErrorCode("invalid_owner").WithMessage("The owner is org or user.");
        RuleFor(command => command.Integration).NotEmpty().WithErrorCode("required").WithMessage("Name the integration.");
        RuleFor(command => command.Name).NotNull().WithErrorCode("required").WithMessage("The connection needs a name.");
        RuleFor(command => command.Name).Must(name => name is null || (name.Length <= 200 && ConnectionName.Normalise(name).Length <= ConnectionName.MaxLength))
            .WithErrorCode("too_long").WithMessage($"The name is longer than {ConnectionName.MaxLength} characters.");
        RuleFor(command => command.Name).Must(name => name is null || !AuthTemplateRules.HasControl(name))
            .WithErrorCode("invalid_name").WithMessage("The name must not hold control characters.");
        RuleFor(command => command.Template).NotEmpty().WithErrorCode("required").WithMessage("Name the auth template.");
        RuleFor(command => command.Description).MaximumLength(DescribingRules.MaxDescription)
            .Must(DescribingRules.IsDescription).WithErrorCode("invalid_description").WithMessage(DescribingRules.DescriptionMessage);
    }
}

/// <summary><c>POST /connections</c>.</summary>
internal static class CreatingConnection
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("", Handle).WithName("createConnection").WithSummary("Makes a connection to an integration.");

    /// <summary>The decision, on the connection and on the picture of its integration.</summary>
    public static Decision Decide(CreateConnection command, ConnectionKey key, Credentials credentials, ConnectionsState picture, Connection? state)
    {
        if (picture.Integration(key.Integration)?.Integration is not { } integration)
        {
            return Rejection.Invalid("integration_not_found", $"There is no integration '{key.Integration}'.", "/integration");
        }

        if (state is not null)
        {
            return Rejection.Conflict("connection_exists", $"There is a connection {key.Address} already.", "/name");
        }

        if (!key.Owner.IsOrg && !credentials.References.IsEmpty)
        {
            // Whoever may only write their own must not read the server's secrets by way of an upstream; an admin's own connection would outlive the role.
            return Rejection.Invalid("reference_not_shared", CredentialRules.NotShared, "/values");
        }

        return integration.Template(command.Template!) is not { } template
            ? Rejection.Invalid("template_not_found", $"'{key.Integration}' has no auth template '{command.Template}'.", "/template")
            : Decision.Accept(new ConnectionCreated(
                key.Owner.Word, key.Owner.Subject, key.Integration, key.Name, command.Description ?? "", template.Slug, credentials.SecretId,
                [.. AuthTemplateRules.VariablesOf(template)]) { References = credentials.References }) with
            {
                Claims = [LinkNumber.Next(picture, key.Integration)],
                Alongside = credentials.Writes,
            };
    }

    /// <summary>Makes it, for whoever has been asked for valid input.</summary>
    public static async Task<Results<Created<ConnectionBody>, ProblemResult>> Handle(
        CreateConnection command, Commands commands, SecretVault vault, SecretReferences references, ConnectionCatalogs catalogs, HttpContext context, CancellationToken cancellationToken)
    {
        var principal = context.Principal();
        var key = new ConnectionKey(Owner.FromWord(command.Owner, principal)!.Value, command.Integration!, ConnectionName.Normalise(command.Name));
        if (!key.Owner.IsWritableBy(principal))
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        // An unknown integration or template is the decision's to refuse.
        var values = command.Values ?? new Dictionary<string, CredentialValue>();
        var source = commands.State.Integration(key.Integration)?.Integration;
        var isProcess = source?.Server?.Transport == McpServer.Stdio;
        if (isProcess && !principal.MayWriteOrg)
        {
            return Problem.Of(Refusals.ProcessesForAdmins);
        }

        if (source?.Template(command.Template!) is { } template && CredentialRules.Check(template, values, isProcess, key.Owner.IsOrg ? references.Allows : null) is { Count: > 0 } faults)
        {
            return Problem.Of(422, "validation", faults[0].Detail, faults);
        }

        var credentials = Credentials.Of(values, vault);
        var decided = await commands.Linked(
            picture => commands.OnConnection(
                key, state => Decide(command, key, credentials, picture, state), context.Metadata(), ifMatch: null, cancellationToken),
            cancellationToken);
        var shown = ListingConnections.Show(decided, key, commands, context);
        if (shown.Result is Ok<ConnectionBody> && commands.State.Integration(key.Integration)?.Integration is { } integration && catalogs.Has(integration))
        {
            // The connection stands whatever its upstream does: a catalog that cannot be read now is read later.
            var refreshed = await catalogs.Refresh(key, context.Metadata(), cancellationToken);
            if (refreshed.Written is { } written)
            {
                context.Wrote(written);
            }

            shown = ListingConnections.Show(decided, key, commands, context, wrote: false);
        }

        return shown.Result switch
        {
            Ok<ConnectionBody> made => TypedResults.Created($"/api/connections/{key.Owner.Word}/{key.Integration}/{key.Name}", made.Value),
            var problem => (ProblemResult)problem,
        };
    }
}
