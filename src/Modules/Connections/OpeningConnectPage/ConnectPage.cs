using System.Collections.Immutable;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// <c>/connect/{owner}/{integration}/{name}</c>, where the links of errors lead, and <c>/connect/{integration}</c>, where a person makes a connection of their own: what is to be
/// done, for the person who may do it. No script; the step to the authorization server is a link that says where it leads.
/// </summary>
internal static class ConnectPage
{
    private const string DefaultName = "main";
    private const string ValuePrefix = "value.";
    private const string Title = "Connect";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, "/connect/{owner}/{integration}/{name}", static route => ((string)route["owner"]!, (string)route["name"]!));
        Map(endpoints, "/connect/{integration}", static _ => ("user", DefaultName));
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, Func<RouteValueDictionary, (string Owner, string Name)> read)
    {
        endpoints.MapGet(path, (HttpContext context, Commands commands)
            => Show(context, commands, Asked.Of(context, read(context.Request.RouteValues), context.Request.Query))).RequireSignIn().ExcludeFromDescription();
        endpoints.MapPost(path, async (HttpContext context, ConnectActs acts, CancellationToken cancellationToken) =>
        {
            // The middleware has read it, to judge its token.
            var form = await context.Request.ReadFormAsync(cancellationToken);
            return await acts.Do(context, Asked.Of(context, read(context.Request.RouteValues), context.Request.Query), form, cancellationToken);
        }).RequireSignIn().ExcludeFromDescription();
    }

    /// <summary>The page, with what went wrong before.</summary>
    public static IResult Show(HttpContext context, Commands commands, Asked asked, string? error = null, int status = StatusCodes.Status200OK)
    {
        if (asked.Key is not { } key || commands.State.Integration(key.Integration)?.Integration is not { } integration)
        {
            return Page.Of(Title, Html.Of($"""<p class="error" role="alert">There is nothing to connect to here.</p>"""), 404);
        }

        if (!key.Owner.IsWritableBy(context.Principal()))
        {
            return Page.Of(Title, Html.Of($"""<p class="error" role="alert">{Refusals.AdminsOnly.Detail}</p>"""), 403);
        }

        var connection = commands.State.Connection(key)?.Connection;
        var templates = Templates(integration, connection).ToArray();
        return Page.Of(
            $"{Title} {integration.Name}",
            Html.Of(
                $"""
                {(error is null ? Html.Empty : Html.Of($"""<p class="error" role="alert">{error}</p>"""))}
                <p>{(key.Owner.IsOrg ? "Everybody in the workspace will use this connection with the account that you connect." : "Only your own calls use this connection.")}</p>
                <dl><dt>Connection</dt><dd>{key.Address}</dd><dt>State</dt><dd>{StateOf(connection)}</dd>
                {(asked.Toolkit is null ? Html.Empty : Html.Of($"<dt>Toolkit</dt><dd>{asked.Toolkit}</dd>"))}
                {(asked.Scopes.IsEmpty ? Html.Empty : Html.Of($"<dt>Scopes</dt><dd>{string.Join(' ', asked.Scopes)}</dd>"))}</dl>
                {(templates.Length == 0 ? Html.Of($"""<p class="warning">Nothing can be connected here by a person.</p>""") : Html.Join(templates.Select(template => Form(context, asked, template))))}
                """),
            status);
    }

    /// <summary>The step to the authorization server.</summary>
    public static IResult Leave(StartedAuthorization started, Integration integration) => Page.Of(
        $"{Title} {integration.Name}",
        Html.Of(
            $"""
            <p>You consent at <strong>{new Uri(started.AuthorizationUrl).Authority}</strong> and come back here. Check there which account you connect, and what for.</p>
            <p><a href="{started.AuthorizationUrl}" rel="noreferrer">Continue to {new Uri(started.AuthorizationUrl).Host}</a></p>
            """));

    /// <summary>The templates that a person can fill here; that of the connection first.</summary>
    private static IEnumerable<AuthTemplate> Templates(Integration integration, Connection? connection) => integration.Templates
        .Where(template => integration.Server?.Transport != McpServer.Stdio
            && (AuthorizationCode.FlowOf(template) is not null || (AuthTemplateRules.Unusable(template) is null && AuthTemplateRules.VariablesOf(template).Count > 0)))
        .OrderBy(template => template.Slug == connection?.Template ? 0 : 1);

    private static Html Form(HttpContext context, Asked asked, AuthTemplate template)
    {
        var isAuthorized = AuthorizationCode.FlowOf(template) is not null;
        var fields = isAuthorized ? Html.Empty : Html.Join(AuthTemplateRules.VariablesOf(template).Select(variable => Html.Of(
            $"""<label>{variable}<input type="password" name="{ValuePrefix + variable}" autocomplete="off" required></label>""")));
        return Html.Of(
            $"""
            <h2>{template.Label ?? template.Slug}</h2>
            <form method="post" action="{asked.Action}">{PageForms.Hidden(context)}<input type="hidden" name="template" value="{template.Slug}">
            {fields}<button>{(isAuthorized ? "Authorize" : "Connect")}</button></form>
            """);
    }

    private static string StateOf(Connection? connection) => connection switch
    {
        null => "not made yet",
        { Grant.IsEnded: true } => "must be authorized again",
        _ => "connected",
    };

    /// <summary>The pasted values of a form.</summary>
    public static IReadOnlyDictionary<string, CredentialValue> Values(IFormCollection form) => form
        .Where(field => field.Key.StartsWith(ValuePrefix, StringComparison.Ordinal))
        .ToDictionary(field => field.Key[ValuePrefix.Length..], field => new CredentialValue(field.Value.ToString()), StringComparer.Ordinal);

    /// <summary>What a link asks for. Everything in it was written by somebody else and is judged like that.</summary>
    /// <param name="Key">The connection; null when the link names none.</param>
    /// <param name="Toolkit">The toolkit that the person came for; null for none.</param>
    /// <param name="Scopes">Scopes to ask for; empty for the usual ones.</param>
    /// <param name="Action">The link, for the form.</param>
    internal sealed record Asked(ConnectionKey? Key, string? Toolkit, ImmutableArray<string> Scopes, string Action)
    {
        private const int MaxToolkit = 64;

        /// <summary>Reads a link.</summary>
        public static Asked Of(HttpContext context, (string Owner, string Name) named, IQueryCollection query)
        {
            var integration = (string)context.Request.RouteValues["integration"]!;
            var toolkit = query["toolkit"].ToString();
            var isNamed = named.Name.Length <= ConnectionName.MaxLength && ConnectionName.Normalise(named.Name) == named.Name;
            return new Asked(
                isNamed && Owner.FromWord(named.Owner, context.Principal()) is { } owner ? new ConnectionKey(owner, integration, named.Name) : null,
                toolkit.Length is > 0 and <= MaxToolkit && toolkit.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') ? toolkit : null,
                [.. OAuthScopes.Split(query["scope"].ToString())],
                context.Request.PathBase.ToUriComponent() + context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent());
        }
    }
}

/// <summary>What a form of the page does: begins an authorization, or keeps pasted values as the REST API does.</summary>
internal sealed class ConnectActs(Commands commands, AuthorizationDesk desk, SecretVault vault, SecretReferences references, ConnectionCatalogs catalogs, IValidator<CreateConnection> creating)
{
    /// <summary>Does it and says how it went.</summary>
    public async Task<IResult> Do(HttpContext context, ConnectPage.Asked asked, IFormCollection form, CancellationToken cancellationToken)
    {
        if (asked.Key is not { } key || commands.State.Integration(key.Integration)?.Integration is not { } integration || integration.Template(form["template"].ToString()) is not { } template)
        {
            return ConnectPage.Show(context, commands, asked);
        }

        if (AuthorizationCode.FlowOf(template) is not null)
        {
            var (started, rejection) = await desk.Begin(
                new StartAuthorization(key.Owner.Word, key.Integration, key.Name, template.Slug, asked.Scopes, asked.Toolkit), context, cancellationToken);
            return started is null ? ConnectPage.Show(context, commands, asked, rejection!.Detail, 422) : ConnectPage.Leave(started, integration);
        }

        var refused = await Paste(key, template, ConnectPage.Values(form), context, cancellationToken);
        return refused is not null
            ? ConnectPage.Show(context, commands, asked, refused.Problem.Detail, refused.Problem.Status)
            : Page.Of("Connected", Html.Of($"<p><strong>{key.Address}</strong> is connected.</p><p>You can close this page and go back to where you came from.</p>"));
    }

    private async Task<ProblemResult?> Paste(
        ConnectionKey key, AuthTemplate template, IReadOnlyDictionary<string, CredentialValue> values, HttpContext context, CancellationToken cancellationToken)
    {
        if (commands.State.Connection(key) is not null)
        {
            var replaced = await ReplacingCredentials.Handle(
                key.Owner.Word, key.Integration, key.Name, new ReplaceCredentials(values, template.Slug), default, commands, vault, references, catalogs, context, cancellationToken);
            return replaced.Result as ProblemResult;
        }

        var command = new CreateConnection(key.Owner.Word, key.Integration, key.Name, template.Slug, values);
        if (creating.Validate(command) is { IsValid: false } faults)
        {
            return Problem.Of(422, "validation", faults.Errors[0].ErrorMessage);
        }

        return (await CreatingConnection.Handle(command, commands, vault, references, catalogs, context, cancellationToken)).Result as ProblemResult;
    }
}
