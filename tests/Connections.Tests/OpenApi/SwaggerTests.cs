using System.Text;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>What Swagger 2.0 says in its own way, a construct a test.</summary>
public sealed class SwaggerTests
{
    private const string Array = """["blue","black & white"]""";

    /// <summary>The only tool of a document with one operation.</summary>
    private static ToolDefinition Tool(string operation, string path = "/items", string method = "post", string rest = "")
    {
        var catalog = Documents.Import(Of($"{{ '{path}': {{ {method}: {operation} }} }}", rest));
        catalog.Diagnostics.ShouldBeEmpty();
        return catalog.Tools.ShouldHaveSingleItem();
    }

    private static string Of(string paths, string rest = "", string where = "host: api.example.com\nbasePath: /base\nschemes: [https]") =>
        $"swagger: '2.0'\ninfo: {{ title: Old, version: '1', description: D }}\n{where}\n{rest}\npaths: {paths}\n";

    [Fact]
    public void a_document_has_its_title_version_and_names_as_any_other()
    {
        var catalog = Documents.Import(Of("{ /pets: { get: { tags: [Pets], operationId: petsList, summary: Lists, description: All of them } } }"));
        (catalog.Title, catalog.Version, catalog.Description).ShouldBe(("Old", "1", "D"));
        var tool = catalog.Tools.ShouldHaveSingleItem();
        (tool.Name, tool.Title, tool.Description, tool.ApprovalText, tool.AsksByDefault).ShouldBe(("pets.list", "Lists", "All of them", "GET /pets", false));
        Documents.Import("""{"swagger":"2.0","info":{"title":"J","version":"2"},"host":"h.example","paths":{"/a":{"get":{"operationId":"x","x-toolgate-name":"my.own"}}}}""")
            .Tools.ShouldHaveSingleItem().Name.ShouldBe("my.own");
        Documents.Import("swagger: 2.0\ninfo: {}\npaths: {}").Tools.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("host: h.example:8080\nbasePath: /v1/\nschemes: [http, https]", null, "https://h.example:8080/v1")]
    [InlineData("host: h.example\nschemes: [http]", null, "http://h.example")]
    [InlineData("host: h.example\nbasePath: v1", null, "https://h.example/v1")]
    [InlineData("host: h.example", "http://docs.example/swagger.json", "http://h.example")]
    [InlineData("basePath: /v2", "http://docs.example/a/swagger.json", "http://docs.example/v2")]
    [InlineData("", "https://docs.example/a/swagger.json", "https://docs.example")]
    public void host_base_path_and_schemes_are_the_server(string where, string? source, string expected)
    {
        var catalog = Documents.Import(Of("{ /a: { get: { operationId: a } } }", where: where), source: source);
        catalog.Diagnostics.ShouldBeEmpty();
        catalog.Servers.ShouldBe([expected]);
        catalog.Tools.ShouldHaveSingleItem().Http().Servers.ShouldBe([expected]);
    }

    [Fact]
    public void schemes_of_an_operation_are_its_own_and_others_than_http_are_reported()
    {
        Tool("{ schemes: [http] }").Http().Servers.ShouldBe(["http://api.example.com/base"]);
        var catalog = Documents.Import(Of("{ /a: { get: {} } }", where: "host: h.example\nschemes: [wss]"));
        catalog.Diagnostics.Select(diagnostic => (diagnostic.Pointer, diagnostic.Code)).ShouldContain(("/host/0", "unusable_server"));
    }

    [Theory]
    [InlineData("", "?p=blue,black%20%26%20white")]
    [InlineData("collectionFormat: csv,", "?p=blue,black%20%26%20white")]
    [InlineData("collectionFormat: ssv,", "?p=blue%20black%20%26%20white")]
    [InlineData("collectionFormat: tsv,", "?p=blue%09black%20%26%20white")]
    [InlineData("collectionFormat: pipes,", "?p=blue%7Cblack%20%26%20white")]
    [InlineData("collectionFormat: multi,", "?p=blue&p=black%20%26%20white")]
    public void collection_formats_in_the_query(string format, string expected) =>
        Tool($"{{ parameters: [{{ name: p, in: query, {format} type: array, items: {{ type: string }} }}] }}", method: "get")
            .Request($$"""{"p":{{Array}}}""").RequestUri!.AbsoluteUri.ShouldBe($"https://api.example.com/base/items{expected}");

    [Theory]
    [InlineData("csv", "/blue,black%20%26%20white", "blue,black & white")]
    [InlineData("ssv", "/blue%20black%20%26%20white", "blue black & white")]
    [InlineData("tsv", "/blue%09black%20%26%20white", "blue\tblack & white")]
    [InlineData("pipes", "/blue%7Cblack%20%26%20white", "blue|black & white")]
    public void collection_formats_in_the_path_and_in_headers(string format, string path, string header)
    {
        var tool = Tool($$"""
            { parameters: [{ name: p, in: path, required: true, type: array, collectionFormat: {{format}}, items: { type: string } },
                           { name: X-H, in: header, type: array, collectionFormat: {{format}}, items: { type: string } }] }
            """, "/{p}", "get");
        var request = tool.Request($$"""{"p":{{Array}},"X-H":{{Array}}}""");
        request.RequestUri!.AbsoluteUri.ShouldBe($"https://api.example.com/base{path}");
        request.Headers.NonValidated["X-H"].ToString().ShouldBe(header);
        tool.Plan("""{"p":["a"],"X-H":["a\tb"]}""").Fault.ShouldNotBeNull().Code.ShouldBe("header");
    }

    [Fact]
    public void a_format_that_does_not_exist_there_is_csv_with_a_diagnostic()
    {
        var catalog = Documents.Import(Of("{ /a: { get: { parameters: [{ name: X-H, in: header, type: array, collectionFormat: multi, items: { type: string } }] } } }"));
        catalog.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            it => it.Code.ShouldBe("unsupported_style"), it => it.Pointer.ShouldBe("/paths/~1a/get/parameters/0/collectionFormat"));
        catalog.Tools[0].Request("""{"X-H":[1,2]}""").Headers.NonValidated["X-H"].ToString().ShouldBe("1,2");
    }

    [Fact]
    public void the_words_of_a_parameter_are_its_schema()
    {
        Tool("""
            { parameters: [{ name: n, in: query, required: true, description: How many, type: integer, format: int32, minimum: 1, exclusiveMinimum: true, maximum: 9, default: 5, multipleOf: 2 },
                           { name: s, in: query, type: string, enum: [a, b], x-nullable: true, allowEmptyValue: true, x-other: 1 },
                           { name: l, in: query, type: array, minItems: 1, uniqueItems: true, items: { type: string, maxLength: 3, pattern: '^a' } }] }
            """, method: "get").Schema().ShouldBeJson("""
            {"type":"object","properties":{
              "n":{"description":"How many","type":"integer","format":"int32","default":5,"maximum":9,"exclusiveMinimum":1,"multipleOf":2},
              "s":{"type":["string","null"],"enum":["a","b",null]},
              "l":{"type":"array","items":{"type":"string","maxLength":3,"pattern":"^a"},"minItems":1,"uniqueItems":true}},
             "required":["n"],"additionalProperties":false}
            """);
    }

    [Fact]
    public void a_body_is_sent_in_what_the_operation_or_the_document_consumes()
    {
        const string body = "parameters: [{ name: pet, in: body, required: true, description: The pet, schema: { $ref: '#/definitions/Pet' } }]";
        const string pet = "definitions: { Pet: { type: object, discriminator: kind, required: [kind, id], properties: { id: { type: integer, readOnly: true }, kind: { type: string }, of: { $ref: '#/definitions/Pet' } } } }";
        var tool = Tool($"{{ {body} }}", rest: pet);
        tool.Schema().ShouldBeJson("""
            {"type":"object","properties":{"body":{"description":"The pet","$ref":"#/$defs/Pet"}},"required":["body"],"additionalProperties":false,
             "$defs":{"Pet":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"of":{"$ref":"#/$defs/Pet"}}}}}
            """);
        tool.Http().Body!.ContentType.ShouldBe("application/json");
        Tool($"{{ {body} }}", rest: pet + "\nconsumes: [application/vnd.pets+json]").Http().Body!.ContentType.ShouldBe("application/vnd.pets+json");
        Tool($"{{ {body}, consumes: [application/xml, application/json] }}", rest: pet + "\nconsumes: [application/vnd.pets+json]").Http().Body!.ContentType.ShouldBe("application/json");
        Tool($"{{ {body}, consumes: [] }}", rest: pet + "\nconsumes: [text/plain]").Http().Body!.ContentType.ShouldBe("application/json");
        Tool("{ consumes: [application/octet-stream], parameters: [{ name: b, in: body, schema: { type: string, format: binary } }] }").Http().Body!.Format.ShouldBe(BodyFormat.Binary);
    }

    [Theory]
    [InlineData("", "p=blue,black%20%26%20white")]
    [InlineData("collectionFormat: multi,", "p=blue&p=black%20%26%20white")]
    [InlineData("collectionFormat: ssv,", "p=blue%20black%20%26%20white")]
    [InlineData("collectionFormat: tsv,", "p=blue%09black%20%26%20white")]
    [InlineData("collectionFormat: pipes,", "p=blue%7Cblack%20%26%20white")]
    public void form_fields_are_members_of_the_body(string format, string expected)
    {
        var tool = Tool($"{{ parameters: [{{ name: p, in: formData, description: Colours, {format} type: array, items: {{ type: string }} }}, {{ name: q, in: formData, required: true, type: integer }}] }}");
        tool.Schema().GetProperty("properties").GetProperty("body").ShouldBeJson("""
            {"type":"object","properties":{"p":{"type":"array","items":{"type":"string"},"description":"Colours"},"q":{"type":"integer"}},"required":["q"]}
            """);
        tool.Schema().GetProperty("required").ShouldBeJson("""["body"]""");
        var request = tool.Request($$$"""{"body":{"p":{{{Array}}},"q":1}}""");
        request.Content!.Headers.ContentType!.ToString().ShouldBe("application/x-www-form-urlencoded");
        request.Body().ShouldBe(expected + "&q=1");
    }

    [Fact]
    public void a_file_makes_the_form_multipart()
    {
        var tool = Tool("""
            { consumes: [application/x-www-form-urlencoded, multipart/form-data], parameters: [{ name: f, in: formData, required: true, type: file, description: Bytes }, { name: l, in: formData, type: array, collectionFormat: pipes, items: { type: string } }] }
            """);
        tool.Schema().GetProperty("properties").GetProperty("body").GetProperty("properties").GetProperty("f")
            .ShouldBeJson("""{"type":"string","contentEncoding":"base64","description":"Bytes"}""");
        var parts = tool.Request("""{"body":{"f":"AAEC","l":["a b","c&d"]}}""").Content.ShouldBeOfType<MultipartFormDataContent>()
            .Select(part => (part.Headers.ContentDisposition!.Name!.Trim('"'), Encoding.UTF8.GetString(part.ReadAsByteArrayAsync().GetAwaiter().GetResult())));
        parts.ShouldBe([("f", "\0\u0001\u0002"), ("l", "a b|c&d")]);
        Tool("{ parameters: [{ name: f, in: formData, type: file }] }").Http().Body!.Format.ShouldBe(BodyFormat.Multipart);
    }

    [Fact]
    public void shared_parameters_and_those_of_the_path_hold_unless_the_operation_has_its_own()
    {
        var catalog = Documents.Import(Of("""
            { '/a/{id}': { parameters: [{ $ref: '#/parameters/id' }, { name: q, in: query, type: string }, { name: b, in: body, schema: { type: string } }],
                post: { parameters: [{ name: q, in: query, type: integer }, { name: own, in: body, schema: { type: object } }] } } }
            """, "parameters: { id: { name: id, in: path, required: true, type: string } }"));
        catalog.Diagnostics.ShouldBeEmpty();
        catalog.Tools[0].Schema().GetProperty("properties").ShouldBeJson("""{"id":{"type":"string"},"q":{"type":"integer"},"body":{"type":"object"}}""");
    }

    [Fact]
    public void security_definitions_are_templates()
    {
        var catalog = Documents.Import(Of("{ /a: { get: { parameters: [{ name: key, in: query, type: string }] } } }", """
            securityDefinitions:
              user: { type: basic }
              key: { type: apiKey, name: key, in: query }
              token: { type: apiKey, name: X-Token, in: header }
              code: { type: oauth2, flow: accessCode, authorizationUrl: 'https://a.example/auth', tokenUrl: 'https://a.example/token', scopes: { 'read:pets': Reads } }
              machine: { type: oauth2, flow: application, tokenUrl: 'https://a.example/token', scopes: {} }
              browser: { type: oauth2, flow: implicit, authorizationUrl: 'https://a.example/auth', scopes: { w: W } }
              typed: { type: oauth2, flow: password, tokenUrl: 'https://a.example/token', scopes: {} }
            """));
        catalog.Diagnostics.ShouldBeEmpty();
        catalog.AuthTemplates.Select(template => (template.Slug, template.Kind)).ShouldBe([
            ("none", AuthKind.None), ("oauth-browser", AuthKind.OAuth2), ("oauth-code", AuthKind.OAuth2), ("apikey-0", AuthKind.ApiKey), ("oauth-machine", AuthKind.OAuth2),
            ("apikey-1", AuthKind.ApiKey), ("oauth-typed", AuthKind.OAuth2), ("basic", AuthKind.Basic)]);
        catalog.AuthTemplates.Select(template => template.Flows.FirstOrDefault()?.Flow).OfType<string>().ShouldBe(["implicit", "authorizationCode", "clientCredentials", "password"]);
        catalog.AuthTemplates.Single(template => template.Slug == "oauth-code").Flows[0].ShouldSatisfyAllConditions(
            flow => flow.AuthorizationUrl.ShouldBe("https://a.example/auth"), flow => flow.TokenUrl.ShouldBe("https://a.example/token"), flow => flow.Scopes.ShouldBe(["read:pets"]));
        catalog.AuthTemplates.Single(template => template.Slug == "apikey-0").Placements.ShouldBe([new Placement(Carrier.Query, "key", null, "token")]);
        catalog.Tools[0].Http().Parameters.ShouldBeEmpty();
        catalog.Tools[0].Http().ReservedQuery.ShouldBe(["key"]);
    }

    [Theory]
    [InlineData("{ produces: [text/csv], responses: { 200: { description: ok, schema: { type: string } } } }", "text/csv")]
    [InlineData("{ responses: { 200: { $ref: '#/responses/Ok' } } }", "application/json")]
    [InlineData("{ produces: [application/pdf], responses: { 200: { description: ok, schema: { type: file } } } }", "application/pdf")]
    [InlineData("{ responses: { 200: { description: ok, schema: { type: file } } } }", "application/octet-stream")]
    [InlineData("{ produces: [application/xml, application/json], responses: { 200: { description: ok, schema: { type: object } } } }", "application/json, application/xml;q=0.5")]
    [InlineData("{ responses: { 204: { description: none } } }", "*/*")]
    [InlineData("{ responses: { 200: { $ref: '#/responses/Missing' } } }", "*/*")]
    public void what_it_produces_is_what_is_asked_for(string operation, string accept) =>
        Tool(operation, method: "get", rest: "responses: { Ok: { description: ok, schema: { type: object } } }").Http().Accept.ShouldBe(accept);

    [Theory]
    [InlineData("{ /a: { get: { parameters: [{ name: b, in: query, type: string }, { $ref: '#/parameters/Missing' }] } } }", "unresolved_reference", "/paths/~1a/get/parameters/1/$ref")]
    [InlineData("{ /a: { post: { parameters: [{ name: q, in: query, type: string }, { name: b, in: body, schema: { $ref: '#/definitions/Missing' } }] } } }", "unresolved_reference", "/paths/~1a/post/parameters/1/schema/$ref")]
    [InlineData("{ /a: { post: { parameters: [{ name: b, in: body, schema: { $ref: '#/definitions/Broken' } }] } } }", "unresolved_reference", "/definitions/Broken/properties/x/$ref")]
    [InlineData("{ /a: { post: { parameters: [{ name: f, in: formData, type: array, items: 7 }] } } }", "invalid_schema", "/paths/~1a/post/parameters/0/items")]
    [InlineData("{ /a: { get: { parameters: [{ name: b, in: body, schema: {} }, { name: q, in: query, type: array, items: 7 }] } } }", "invalid_schema", "/paths/~1a/get/parameters/1/items")]
    [InlineData("{ /a: { post: { parameters: [{ name: b, in: body, schema: {} }, { name: f, in: formData, type: string }] } } }", "invalid_parameter", "/paths/~1a/post/parameters")]
    [InlineData("{ /a: { get: { parameters: [{ $ref: '#/parameters/nowhere' }] } } }", "invalid_parameter", "/parameters/nowhere")]
    [InlineData("{ /a: { get: { parameters: [{ name: x, in: nowhere }] } } }", "invalid_parameter", "/paths/~1a/get/parameters/0")]
    [InlineData("{ /a: { post: { consumes: [multipart/mixed], parameters: [{ name: b, in: body, schema: {} }] } } }", "unsupported_body", "/paths/~1a/post/parameters/0")]
    [InlineData("{ /a: 5 }", "invalid_path_item", "/paths/~1a")]
    [InlineData("{ /a: { get: 5 } }", "invalid_operation", "/paths/~1a/get")]
    [InlineData("{ '/a/../b': { get: {} } }", "invalid_path", "/paths/~1a~1..~1b")]
    public void a_broken_operation_leaves_its_neighbours_alone_and_is_told_where_the_person_wrote_it(string paths, string code, string pointer)
    {
        var catalog = Documents.Import(Of(
            paths[..^2] + ", /fine: { get: { operationId: ok } } }",
            "parameters: { nowhere: { name: x, in: nowhere } }\ndefinitions: { Broken: { type: object, properties: { x: { $ref: '#/definitions/Gone' } } } }"));
        catalog.Tools.ShouldHaveSingleItem().Name.ShouldBe("fine.ok");
        catalog.Diagnostics.Where(diagnostic => diagnostic.Code != "ignored_body").ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            diagnostic => diagnostic.Code.ShouldBe(code), diagnostic => diagnostic.Pointer.ShouldBe(pointer), diagnostic => diagnostic.Message.ShouldNotBeEmpty());
    }

    [Theory]
    [InlineData("swagger: '1.2'\npaths: {}", "unsupported_version", "/swagger")]
    [InlineData("swagger: '3.0'\npaths: {}", "unsupported_version", "/swagger")]
    [InlineData("paths: {}", "not_openapi", "")]
    [InlineData("""{"swagger":"2.0","\ud800":1,"paths":{}}""", "invalid_json", "")]
    [InlineData("""{"openapi":"3.1.0","paths":{"\ud800":{"get":{}}}}""", "invalid_json", "")]
    public void what_is_no_swagger_2_is_refused(string text, string code, string pointer)
    {
        var refusal = Documents.Refusal(text);
        (refusal.Code, refusal.Pointer).ShouldBe((code, pointer));
    }

    [Fact]
    public void the_same_api_in_both_languages_gives_the_same_tools()
    {
        var old = Documents.Import(Of("""
            { '/pets/{id}': { put: { tags: [pets], operationId: replacePet, summary: Replaces, consumes: [application/json], produces: [application/json],
                parameters: [{ name: id, in: path, required: true, type: string }, { name: tags, in: query, type: array, collectionFormat: multi, items: { type: string } },
                             { name: pet, in: body, required: true, schema: { $ref: '#/definitions/Pet' } }], responses: { 200: { description: ok, schema: { $ref: '#/definitions/Pet' } } } } } }
            """, "definitions: { Pet: { type: object, properties: { name: { type: string, x-nullable: true } } } }"));
        var modern = Documents.Import(Documents.Of("""
            { '/pets/{id}': { put: { tags: [pets], operationId: replacePet, summary: Replaces,
                parameters: [{ name: id, in: path, required: true, schema: { type: string } }, { name: tags, in: query, style: form, explode: true, schema: { type: array, items: { type: string } } }],
                requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } },
                responses: { 200: { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } } } } } }
            """, "components: { schemas: { Pet: { type: object, properties: { name: { type: string, nullable: true } } } } }", "3.0.3"));
        modern.Diagnostics.ShouldBeEmpty();
        old.Diagnostics.ShouldBeEmpty();
        old.Tools.Select(tool => (tool.Name, tool.Digest)).ShouldBe(modern.Tools.Select(tool => (tool.Name, tool.Digest)));
    }
}
