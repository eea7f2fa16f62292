namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>Ways to authenticate.</summary>
public sealed class SecurityTests
{
    private const string Schemes = """
        components:
          securitySchemes:
            key: { type: apiKey, in: header, name: X-Key }
            email: { type: apiKey, in: query, name: email }
            bearer: { type: http, scheme: Bearer }
            login: { type: http, scheme: basic }
            my_oauth: { type: oauth2, flows: { authorizationCode: { authorizationUrl: 'https://a.example', tokenUrl: 'https://t.example', scopes: { write: W, read: R } }, clientCredentials: { tokenUrl: 'https://t.example', scopes: {} } } }
            session: { type: apiKey, in: cookie, name: sid }
            oidc: { type: openIdConnect, openIdConnectUrl: 'https://o.example' }
        """;

    [Fact]
    public void without_requirements_every_scheme_is_a_template()
    {
        var catalog = Documents.Import(Documents.Of("{}", Schemes));
        catalog.AuthTemplates.Select(template => (template.Slug, template.Kind, template.Label)).ShouldBe([
            ("none", AuthKind.None, null), ("apikey-0", AuthKind.ApiKey, "bearer"), ("apikey-1", AuthKind.ApiKey, "email"), ("apikey-2", AuthKind.ApiKey, "key"),
            ("basic", AuthKind.Basic, "login"), ("oauth-my-oauth", AuthKind.OAuth2, "my_oauth"), ("apikey-3", AuthKind.ApiKey, "session")]);
        catalog.AuthTemplates.SelectMany(template => template.Placements).ShouldBe([
            new Placement(Carrier.Header, "Authorization", "Bearer ", "token"), new Placement(Carrier.Query, "email", null, "token"),
            new Placement(Carrier.Header, "X-Key", null, "token"), new Placement(Carrier.Header, "Cookie", "sid=", "token")]);
        catalog.AuthTemplates.Single(template => template.Kind == AuthKind.OAuth2).Flows.ShouldSatisfyAllConditions(
            flows => flows.Select(flow => (flow.Flow, flow.AuthorizationUrl, flow.TokenUrl)).ShouldBe([("authorizationCode", "https://a.example", "https://t.example"), ("clientCredentials", null, "https://t.example")]),
            flows => flows[0].Scopes.ShouldBe(["read", "write"]));
        catalog.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            diagnostic => diagnostic.Code.ShouldBe("unsupported_security_scheme"), diagnostic => diagnostic.Pointer.ShouldBe("/components/securitySchemes/oidc"));
    }

    [Fact]
    public void a_requirement_of_several_keys_is_one_template_with_a_variable_each()
    {
        var catalog = Documents.Import(Documents.Of("{ /a: { get: { security: [{ bearer: [] }, {}] } } }", Schemes + "\nsecurity: [{ key: [], email: [] }]"));
        catalog.AuthTemplates.Select(template => template.Slug).ShouldBe(["none", "apikey-0", "apikey-1"]);
        catalog.AuthTemplates[2].Placements.ShouldBe([new Placement(Carrier.Query, "email", null, "email"), new Placement(Carrier.Header, "X-Key", null, "key")]);
        catalog.Diagnostics.ShouldBeEmpty();
    }

    [Fact]
    public void the_place_of_a_credential_is_no_argument()
    {
        var tool = Documents.Import(Documents.Of("{ /a: { get: { parameters: [{ name: x-key, in: header, required: true, schema: {} }, { name: email, in: query, schema: {} }, { name: sid, in: cookie, schema: {} }, { name: Email, in: query, schema: {} }] } } }", Schemes)).Tools[0];
        tool.Http().Parameters.ShouldHaveSingleItem().Name.ShouldBe("Email");
        tool.Http().ReservedQuery.ShouldBe(["email"]);
    }

    [Fact]
    public void an_undeclared_scheme_is_reported()
    {
        var catalog = Documents.Import(Documents.Of("{}", "security: [{ ghost: [] }]"));
        catalog.AuthTemplates.ShouldHaveSingleItem().ShouldBe(AuthTemplate.None);
        catalog.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("unknown_security_scheme");
    }
}
