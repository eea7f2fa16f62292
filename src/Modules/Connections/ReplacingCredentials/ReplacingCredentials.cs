using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Gives a connection other credentials.</summary>
/// <param name="Values">The value of each variable of the template. Write-only.</param>
/// <param name="Template">Another auth template; the one in use when it is not given.</param>
internal sealed record ReplaceCredentials(IReadOnlyDictionary<string, string>? Values = null, string? Template = null)
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
    public static Decision Decide(AuthTemplate template, string? secretId, SideWrite? sealing, Connection? state)
    {
        if (state is null)
        {
            return Refusals.NoConnection;
        }

        var writes = new List<SideWrite>();
        if (sealing is not null)
        {
            writes.Add(sealing);
        }

        if (state.SecretId is { } old)
        {
            writes.Add(SecretVault.Destroy(old));
        }

        var key = state.Key;
        return Decision.Accept(new ConnectionCredentialsReplaced(
            key.Owner.Word, key.Owner.Subject, key.Integration, key.Name, template.Slug, secretId, [.. AuthTemplateRules.VariablesOf(template)])) with { Alongside = writes };
    }

    /// <summary>Replaces them.</summary>
    public static async Task<Results<Ok<ConnectionBody>, ProblemResult>> Handle(
        string owner, string integration, string name, ReplaceCredentials command, IfMatch ifMatch, Commands commands, SecretVault vault, ConnectionCatalogs catalogs,
        HttpContext context, CancellationToken cancellationToken)
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

        var values = command.Values ?? new Dictionary<string, string>();
        if (CredentialRules.Check(template, values, isProcess) is { Count: > 0 } faults)
        {
            return Problem.Of(422, "validation", faults[0].Detail, faults);
        }

        var secretId = values.Count == 0 ? null : SecretVault.NewId();
        var sealing = secretId is null ? null : vault.Store(secretId, values);
        var decided = await commands.OnConnection(
            connection.Key, state => Decide(template, secretId, sealing, state), context.Metadata(), ifMatch.Version, cancellationToken);
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
