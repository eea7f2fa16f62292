using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FluentValidation;

namespace Toolgate.Connections;

/// <summary>An auth template on the wire.</summary>
/// <param name="Slug">Its name within the integration.</param>
/// <param name="Kind"><c>none</c>, <c>apiKey</c>, <c>basic</c> or <c>oauth2</c>.</param>
/// <param name="Label">Name to show.</param>
/// <param name="Placements">Where its values go.</param>
/// <param name="Variables">What a connection must supply; answered, ignored when sent.</param>
/// <param name="Issuer">For <c>oauth2</c>: the authorization server, whose metadata name the endpoints.</param>
/// <param name="AuthorizationUrl">For <c>oauth2</c> without an issuer: where people consent. A query that it has is kept.</param>
/// <param name="TokenUrl">For <c>oauth2</c> without an issuer: where tokens are issued and renewed.</param>
/// <param name="Scopes">For <c>oauth2</c>: the scopes that are asked for when nobody chooses others.</param>
/// <param name="IsAuthorized">Whether a person authorizes connections at <c>POST /api/connections/oauth/start</c>; answered, ignored when sent.</param>
internal sealed record TemplateBody(
    string? Slug, string? Kind = null, string? Label = null, IReadOnlyList<PlacementBody>? Placements = null, IReadOnlyList<string>? Variables = null,
    string? Issuer = null, string? AuthorizationUrl = null, string? TokenUrl = null, IReadOnlyList<string>? Scopes = null, bool IsAuthorized = false)
{
    /// <summary>How a template is shown.</summary>
    public static TemplateBody Of(AuthTemplate template) => new(
        template.Slug,
        WordOf(template.Kind),
        template.Label,
        [.. template.Placements.Select(placement => new PlacementBody(
            JsonName(placement.Carrier), placement.Name, placement.Prefix, placement.Literal is null ? placement.Variable : null, placement.Literal))],
        AuthTemplateRules.VariablesOf(template),
        template.Issuer,
        AuthorizationCode.FlowOf(template)?.AuthorizationUrl,
        AuthorizationCode.FlowOf(template)?.TokenUrl,
        AuthorizationCode.FlowOf(template)?.Scopes,
        AuthorizationCode.FlowOf(template) is not null);

    /// <summary>The template that was written by hand. A single variable is called <c>token</c>, whatever it was called.</summary>
    public AuthTemplate ToTemplate()
    {
        ImmutableArray<Placement> placements =
        [
            .. (Placements ?? []).Select(placement => new Placement(
                CarrierOf(placement.Carrier), placement.Name!, placement.Prefix,
                placement.Literal is null ? placement.Variable ?? AuthTemplateRules.Token : null, placement.Literal)),
        ];
        var single = placements.Select(placement => placement.Variable).OfType<string>().Distinct(StringComparer.Ordinal).Count() == 1;
        return new AuthTemplate(
            Slug!,
            Kind switch { "none" => AuthKind.None, "basic" => AuthKind.Basic, "oauth2" => AuthKind.OAuth2, _ => AuthKind.ApiKey },
            Label,
            single ? [.. placements.Select(placement => placement.Variable is null ? placement : placement with { Variable = AuthTemplateRules.Token })] : placements)
        {
            Flows = Kind == "oauth2" ? [new AuthFlow(AuthorizationCode.Flow, AuthorizationUrl, TokenUrl, null, [.. Scopes ?? []])] : [],
            Issuer = Kind == "oauth2" ? Issuer : null,
        };
    }

    /// <summary>The word for a kind.</summary>
    public static string WordOf(AuthKind kind) => kind switch
    {
        AuthKind.None => "none",
        AuthKind.ApiKey => "apiKey",
        AuthKind.Basic => "basic",
        _ => "oauth2",
    };

    private static Carrier CarrierOf(string? word) => word switch
    {
        "query" => Carrier.Query,
        "env" => Carrier.Env,
        _ => Carrier.Header,
    };

    private static string JsonName(Carrier carrier) => carrier switch
    {
        Carrier.Header => "header",
        Carrier.Query => "query",
        _ => "env",
    };
}

/// <summary>A placement on the wire: literal text, or a prefix followed by one variable.</summary>
/// <param name="Carrier"><c>header</c>, <c>query</c>, or <c>env</c> for MCP servers over stdio.</param>
/// <param name="Name">Name of the header, query parameter or variable.</param>
/// <param name="Prefix">Text in front of the variable.</param>
/// <param name="Variable">The variable; <c>token</c> when neither it nor a literal is given.</param>
/// <param name="Literal">Fixed text that is no secret.</param>
internal sealed record PlacementBody(string? Carrier, string? Name, string? Prefix = null, string? Variable = null, string? Literal = null);

/// <summary>Rules of templates written by hand.</summary>
internal sealed partial class TemplateBodyValidator : AbstractValidator<TemplateBody>
{
    /// <summary>Most templates of one integration that can be written by hand.</summary>
    public const int MaxTemplates = 20;

    private const int MaxPlacements = 10;

    /// <summary>For what is spoken to over HTTP: headers and the query.</summary>
    public TemplateBodyValidator()
        : this("header", "query")
    {
    }

    /// <summary>For the carriers that the integration has.</summary>
    public TemplateBodyValidator(params string[] carriers)
    {
        RuleFor(template => template.Slug).NotNull().Must(slug => slug is null || SlugShape().IsMatch(slug)).WithErrorCode("invalid_slug")
            .WithMessage("A template's slug is 1 to 60 letters, digits, dots, dashes and underscores, the first a letter or a digit.");
        RuleFor(template => template.Kind).Must(kind => kind is null or "none" or "apiKey" or "basic" || (kind == "oauth2" && !carriers.Contains("env"))).WithErrorCode("invalid_kind")
            .WithMessage("A template written by hand has the kind none, apiKey, basic or, over HTTP, oauth2.");
        RuleFor(template => template.Label).MaximumLength(200);
        RuleFor(template => template.Label).Must(label => label is null || !AuthTemplateRules.HasControl(label))
            .WithErrorCode("invalid_label").WithMessage("A label has no control characters.");
        RuleFor(template => template.Placements).Must(placements => placements is { Count: > 0 and <= MaxPlacements })
            .When(template => template.Kind is null or "apiKey").WithErrorCode("invalid_placements")
            .WithMessage($"A template of kind apiKey has 1 to {MaxPlacements} placements.");
        RuleFor(template => template.Placements).Must(placements => placements is null or { Count: 0 })
            .When(template => template.Kind is "none" or "basic" or "oauth2").WithErrorCode("invalid_placements").WithMessage("This kind has no placements.");
        When(template => template.Kind == "oauth2", OAuthRules).Otherwise(() =>
        {
            RuleFor(template => template.Issuer).Null().WithErrorCode("not_allowed").WithMessage("Only a template of kind oauth2 has an issuer.");
            RuleFor(template => template.AuthorizationUrl).Null().WithErrorCode("not_allowed").WithMessage("Only a template of kind oauth2 has an authorization URL.");
            RuleFor(template => template.TokenUrl).Null().WithErrorCode("not_allowed").WithMessage("Only a template of kind oauth2 has a token URL.");
            RuleFor(template => template.Scopes).Must(scopes => scopes is null or { Count: 0 }).WithErrorCode("not_allowed").WithMessage("Only a template of kind oauth2 has scopes.");
        });
        RuleForEach(template => template.Placements).SetValidator(new PlacementBodyValidator(carriers));
    }

    private void OAuthRules()
    {
        RuleFor(template => template.Issuer).Must(issuer => issuer is null || OAuthUrls.IsIssuer(issuer)).WithErrorCode("invalid_url")
            .WithMessage("An issuer is an https URL without query and fragment.");
        RuleFor(template => template.AuthorizationUrl).Must(url => url is null || OAuthUrls.Endpoint(url) is not null).WithErrorCode("invalid_url").WithMessage("The authorization URL must be https.");
        RuleFor(template => template.TokenUrl).Must(url => url is null || OAuthUrls.Endpoint(url) is not null).WithErrorCode("invalid_url").WithMessage("The token URL must be https.");
        RuleFor(template => template.TokenUrl).Must((template, url) => (url is null) == (template.AuthorizationUrl is null) && (url is null) != (template.Issuer is null))
            .WithErrorCode("one_of").WithMessage("Name the issuer, or both the authorization URL and the token URL.");
        RuleFor(template => template.Scopes).Must(scopes => scopes is null || (scopes.Count <= OAuthScopes.Most && scopes.All(scope => scope is not null && OAuthScopes.IsScope(scope))))
            .WithErrorCode("invalid_scopes").WithMessage($"At most {OAuthScopes.Most} scopes, visible ASCII without blanks, quotes and backslashes.");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,59}\z")]
    private static partial Regex SlugShape();
}

/// <summary>Rules of a placement.</summary>
internal sealed partial class PlacementBodyValidator : AbstractValidator<PlacementBody>
{
    private const int MaxText = 1_000;

    public PlacementBodyValidator(string[] carriers)
    {
        RuleFor(placement => placement.Carrier).Must(carrier => carriers.Contains(carrier))
            .WithErrorCode("invalid_carrier").WithMessage($"The carrier is {string.Join(" or ", carriers)}.");
        RuleFor(placement => placement.Name).Must(name => name is not null && AuthTemplateRules.IsHeaderName(name)).When(placement => placement.Carrier == "header")
            .WithErrorCode("invalid_header_name").WithMessage("This cannot be the name of a header that carries a credential.");
        RuleFor(placement => placement.Name).Must(name => name is not null && AuthTemplateRules.IsVariableName(name)).When(placement => placement.Carrier == "env")
            .WithErrorCode("invalid_variable_name").WithMessage("This cannot be the name of an environment variable that carries a credential.");
        RuleFor(placement => placement.Name).Must(name => name is { Length: > 0 and <= 100 } && !AuthTemplateRules.HasControl(name)).When(placement => placement.Carrier is not ("header" or "env"))
            .WithErrorCode("invalid_name").WithMessage("The name must have 1 to 100 characters and no control characters.");
        RuleFor(placement => placement.Prefix).Must(IsText).WithErrorCode("invalid_text").WithMessage("The prefix must be at most 1000 visible ASCII characters.");
        RuleFor(placement => placement.Literal).Must(IsText).WithErrorCode("invalid_text").WithMessage("The literal must be at most 1000 visible ASCII characters.");
        RuleFor(placement => placement.Variable).Must(name => name is null || VariableShape().IsMatch(name)).WithErrorCode("invalid_variable")
            .WithMessage("A variable's name is 1 to 60 letters, digits and underscores, the first a letter.");
        RuleFor(placement => placement.Literal).Null().When(placement => placement.Variable is not null || placement.Prefix is not null)
            .WithErrorCode("one_of").WithMessage("A placement is literal text, or a prefix followed by one variable, never both.");
    }

    private static bool IsText(string? text) => text is null || (text.Length <= MaxText && AuthTemplateRules.IsHeaderText(text));

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_]{0,59}\z")]
    private static partial Regex VariableShape();
}
