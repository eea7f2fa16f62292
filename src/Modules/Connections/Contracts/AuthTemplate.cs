using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>
/// One way to authenticate against an integration: which credentials a connection must supply and where each of them goes. It holds no
/// secret, only the places and the names of the variables that a connection fills.
/// </summary>
/// <param name="Slug">
/// Its name within the integration: <c>none</c>, <c>apikey-0</c>, <c>basic</c>, <c>oauth-&lt;scheme&gt;</c>, or what a manager wrote by hand.
/// </param>
/// <param name="Kind">What kind of credential it is.</param>
/// <param name="Label">Name to show; the slug serves when there is none.</param>
/// <param name="Placements">
/// Where its values go. Empty for <see cref="AuthKind.None"/>, <see cref="AuthKind.Basic"/> (variables <c>username</c> and <c>password</c>,
/// RFC 7617) and <see cref="AuthKind.OAuth2"/> (the access token goes into <c>Authorization</c>, RFC 6750).
/// </param>
public sealed record AuthTemplate(string Slug, AuthKind Kind, string? Label, ImmutableArray<Placement> Placements)
{
    /// <summary>The template that sends nothing.</summary>
    public static AuthTemplate None { get; } = new("none", AuthKind.None, null, []);

    /// <summary>The flows of an <see cref="AuthKind.OAuth2"/> template, as its source declares them; empty otherwise.</summary>
    public ImmutableArray<AuthFlow> Flows { get; init; } = [];

    /// <summary>The authorization server of an <see cref="AuthKind.OAuth2"/> template that was written by hand, whose metadata name its endpoints (RFC 8414); null otherwise.</summary>
    public string? Issuer { get; init; }
}

/// <summary>Kinds of credentials.</summary>
public enum AuthKind
{
    /// <summary>Nothing is sent.</summary>
    None,

    /// <summary>Values placed into headers, query parameters or environment variables; bearer tokens included.</summary>
    ApiKey,

    /// <summary>HTTP basic authentication (RFC 7617).</summary>
    Basic,

    /// <summary>OAuth 2.0 access tokens that Toolgate obtains and renews.</summary>
    OAuth2,
}

/// <summary>
/// One value in one place. It is <see cref="Literal"/> when there is one, otherwise <see cref="Prefix"/> followed by the connection's value of
/// <see cref="Variable"/>.
/// </summary>
/// <param name="Carrier">What kind of place.</param>
/// <param name="Name">Name of the header, query parameter or environment variable.</param>
/// <param name="Prefix">Text in front of the variable, such as <c>Bearer </c> with its blank.</param>
/// <param name="Variable">Name of the variable that a connection supplies; several placements may share one.</param>
/// <param name="Literal">Fixed text that is no secret; then there is no variable.</param>
public sealed record Placement(Carrier Carrier, string Name, string? Prefix = null, string? Variable = null, string? Literal = null);

/// <summary>Where a value travels.</summary>
public enum Carrier
{
    /// <summary>An HTTP header.</summary>
    Header,

    /// <summary>A query parameter.</summary>
    Query,

    /// <summary>An environment variable of a stdio MCP server.</summary>
    Env,
}

/// <summary>One OAuth 2.0 flow of a source document (OpenAPI 3.1 section 4.8.29).</summary>
/// <param name="Flow"><c>authorizationCode</c>, <c>clientCredentials</c>, <c>implicit</c> or <c>password</c>.</param>
/// <param name="AuthorizationUrl">Where people consent, when the flow has such a step.</param>
/// <param name="TokenUrl">Where tokens are issued, when the flow has such a step.</param>
/// <param name="RefreshUrl">Where tokens are renewed, when that is not the token URL.</param>
/// <param name="Scopes">Names of the scopes it declares, ordered bytewise.</param>
public sealed record AuthFlow(string Flow, string? AuthorizationUrl, string? TokenUrl, string? RefreshUrl, ImmutableArray<string> Scopes);
