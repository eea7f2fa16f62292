using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Gives a connection other credentials.</summary>
/// <param name="Values">The value of each variable of the template, or where it is kept. Values are write-only.</param>
/// <param name="Template">Another auth template; the one in use when it is not given.</param>
internal sealed record ReplaceCredentials(IReadOnlyDictionary<string, CredentialValue>? Values = null, string? Template = null)
{
    /// <summary>Keeps the values out of anything that prints the command.</summary>
    public override string ToString() => nameof(ReplaceCredentials);
}

/// <summary><c>PUT /connections/{owner}/{integration}/{name}/credentials</c>: the earlier secret is destroyed in the same transaction. What the source shows with the new ones is read at once.</summary>
internal static class ReplacingCredentials
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPut(ListingConnections.One + "/credentials", Handle)
        .WithName("replaceCredentials").WithSummary("Gives a connection other credentials.");

    /// <summary>The decision.</summary>
    public static Decision Decide(AuthTemplate template, Credentials credentials, Connection? state)
    {
        if (state is null)
        {
            return Refusals.NoConnection;
        }

        var writes = state.SecretId is { } old ? credentials.Writes.Add(SecretVault.Destroy(old)) : credentials.Writes;
        var key = state.Key;
        return Decision.Accept(new ConnectionCredentialsReplaced(
            key.Owner.Word, key.Owner.Subject, key.Integration, key.Name, template.Slug, credentials.SecretId, [.. AuthTemplateRules.VariablesOf(template)])
        {
            References = credentials.References,
        }) with { Alongside = writes };
    }

    /// <summary>Replaces them.</summary>
    public static async Task<Results<Ok<ConnectionBody>, ProblemResult>> Handle(
        string owner, string integration, string name, ReplaceCredentials command, IfMatch ifMatch, Commands commands, SecretVault vault, SecretReferences references,
        ConnectionCatalogs catalogs, HttpContext context, CancellationToken cancellationToken)
    {
        var principal = context.Principal();
        if (commands.Visible(owner, integration, name, principal) is not { Connection: var connection })
        {
            return Problem.Of(Refusals.NoConnection);
        }

        if (!connection.Key.Owner.IsWritableBy(principal))
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var slug = command.Template ?? connection.Template;
        var source = commands.State.Integration(integration)?.Integration;
        var isProcess = source?.Server?.Transport == McpServer.Stdio;
        if (isProcess && !principal.MayWriteOrg)
        {
            return Problem.Of(Refusals.ProcessesForAdmins);
        }

        if (source?.Template(slug) is not { } template)
        {
            return Problem.Of(Rejection.Invalid("template_not_found", $"'{integration}' has no auth template '{slug}'.", "/template"));
        }

        var values = command.Values ?? new Dictionary<string, CredentialValue>();
        if (CredentialRules.Check(template, values, isProcess, connection.Key.Owner.IsOrg ? references.Allows : null) is { Count: > 0 } faults)
        {
            return Problem.Of(422, "validation", faults[0].Detail, faults);
        }

        var credentials = Credentials.Of(values, vault);
        var decided = await commands.OnConnection(
            connection.Key, state => Decide(template, credentials, state), context.Metadata(), ifMatch.Version, cancellationToken);
        var shown = ListingConnections.Show(decided, connection.Key, commands, context);
        if (shown.Result is not Ok<ConnectionBody> || !catalogs.Has(source))
        {
            return shown;
        }

        // The credentials stand whatever the upstream does: a catalog that cannot be read now is read later.
        var refreshed = await catalogs.Refresh(connection.Key, context.Metadata(), cancellationToken);
        if (refreshed.Written is { } written)
        {
            context.Wrote(written);
        }

        return ListingConnections.Show(decided, connection.Key, commands, context, wrote: false);
    }
}
