using System.Text.Json;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>What an operation becomes.</summary>
public sealed class OperationTests
{
    [Theory]
    [InlineData("get", false)]
    [InlineData("head", false)]
    [InlineData("options", false)]
    [InlineData("post", true)]
    [InlineData("put", true)]
    [InlineData("patch", true)]
    [InlineData("delete", true)]
    public void what_changes_something_asks(string method, bool changes)
    {
        var tool = Documents.Tool("{ parameters: [{ name: owner, in: path, required: true, schema: {} }] }", "/repos/{owner}/issues", method);
        tool.AsksByDefault.ShouldBe(changes);
        tool.ChangesSomething.ShouldBe(changes);
        tool.ApprovalText.ShouldBe($"{method.ToUpperInvariant()} /repos/{{owner}}/issues");
    }

    [Fact]
    public void the_description_falls_back_to_the_summary_and_to_method_and_path()
    {
        Documents.Tool("{ description: ' Long. ', summary: Short }").ShouldSatisfyAllConditions(tool => tool.Description.ShouldBe("Long."), tool => tool.Title.ShouldBe("Short"));
        Documents.Tool("{ summary: Short }").Description.ShouldBe("Short");
        Documents.Tool("{ description: '  ' }").ShouldSatisfyAllConditions(tool => tool.Description.ShouldBe("POST /items"), tool => tool.Title.ShouldBeNull());
    }

    [Fact]
    public void the_listing_holds_the_schema_and_honest_annotations()
    {
        using var listing = JsonDocument.Parse("{" + System.Text.Encoding.UTF8.GetString(Documents.Tool("{ summary: 'Say \"inputSchema\": {}' }", method: "delete").ListingMembers.Span) + "}");
        listing.RootElement.GetProperty("annotations").ShouldBeJson("""{"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true,"openWorldHint":true}""");
        listing.RootElement.GetProperty("inputSchema").ShouldBeJson("""{"type":"object","properties":{},"additionalProperties":false}""");
    }

    [Fact]
    public void parameters_are_flat_and_the_operation_replaces_those_of_the_path()
    {
        var catalog = Documents.Import(Documents.Of("""
            { '/a/{id}': { parameters: [{ name: id, in: path, required: true, schema: { type: string } }, { name: q, in: query, schema: { type: string } }],
                get: { parameters: [{ name: q, in: query, required: true, description: How many, schema: { type: integer, description: inner } }, { $ref: '#/components/parameters/Trace' }] } } }
            """, "components: { parameters: { Trace: { name: X-Trace, in: header, deprecated: true, description: Id, schema: { type: string } } } }"));
        catalog.Diagnostics.ShouldBeEmpty();
        catalog.Tools[0].Schema().ShouldBeJson("""
            {"type":"object","properties":{"id":{"type":"string"},"q":{"type":"integer","description":"How many"},"X-Trace":{"type":"string","description":"Deprecated. Id"}},
             "required":["id","q"],"additionalProperties":false}
            """);
    }

    [Fact]
    public void names_that_collide_are_prefixed_by_their_location()
    {
        var tool = Documents.Tool("""
            { parameters: [{ name: id, in: query, schema: {} }, { name: id, in: header, schema: {} }, { name: body, in: query, schema: {} }, { name: query_id, in: query, schema: {} },
                           { name: id, in: path, required: true, schema: {} }, { name: server, in: query, schema: {} }, { name: sid, in: cookie, schema: {} }],
              requestBody: { content: { application/json: {} } } }
            """, "/x/{id}");
        tool.Http().Parameters.ToDictionary(parameter => parameter.Argument, parameter => (parameter.Place, parameter.Name)).ShouldBe(new Dictionary<string, (ParameterPlace, string)>
        {
            ["path_id"] = (ParameterPlace.Path, "id"), ["query_id_2"] = (ParameterPlace.Query, "id"), ["header_id"] = (ParameterPlace.Header, "id"),
            ["query_body"] = (ParameterPlace.Query, "body"), ["query_id"] = (ParameterPlace.Query, "query_id"), ["server"] = (ParameterPlace.Query, "server"),
            ["sid"] = (ParameterPlace.Cookie, "sid"),
        }, ignoreOrder: true);
        tool.Schema().GetProperty("properties").EnumerateObject().Select(member => member.Name)
            .ShouldBe(["path_id", "query_id_2", "header_id", "query_body", "query_id", "server", "sid", "body"], ignoreOrder: true);
    }

    [Fact]
    public void headers_that_steer_the_connection_are_no_arguments()
    {
        var catalog = Documents.Import(Documents.Of("""
            { /a: { get: { parameters: [{ name: host, in: header, schema: {} }, { name: Transfer-Encoding, in: header, schema: {} }, { name: Authorization, in: header, schema: {} },
                { name: 'Bad Name', in: header, schema: {} }, { name: X-Fine, in: header, schema: {} }] } } }
            """));
        catalog.Tools[0].Http().Parameters.ShouldHaveSingleItem().Name.ShouldBe("X-Fine");
        catalog.Diagnostics.Select(diagnostic => (diagnostic.Code, diagnostic.Pointer)).ShouldBe([
            ("reserved_header", "/paths/~1a/get/parameters/0"), ("reserved_header", "/paths/~1a/get/parameters/1"), ("reserved_header", "/paths/~1a/get/parameters/3")]);
    }

    [Theory]
    [InlineData("{ /a: { get: { parameters: [{ $ref: 'other.yaml#/x' }] } } }", "external_reference", "/paths/~1a/get/parameters/0/$ref")]
    [InlineData("{ /a: { get: { parameters: [{ $ref: '#/components/parameters/Missing' }] } } }", "unresolved_reference", "/paths/~1a/get/parameters/0/$ref")]
    [InlineData("{ /a: { get: { parameters: [{ name: x }] } } }", "invalid_parameter", "/paths/~1a/get/parameters/0")]
    [InlineData("{ /a: { get: { parameters: [{ name: x, in: query, schema: 7 }] } } }", "invalid_schema", "/paths/~1a/get/parameters/0/schema")]
    [InlineData("{ /a: { get: { parameters: [{ name: x, in: query, schema: { type: strin } }] } } }", "invalid_schema", "/paths/~1a/get")]
    [InlineData("{ /a: { get: 5 } }", "invalid_operation", "/paths/~1a/get")]
    [InlineData("{ /a: 5 }", "invalid_path_item", "/paths/~1a")]
    [InlineData("{ '/a?x=1': { get: {} } }", "invalid_path", "/paths/~1a?x=1")]
    [InlineData("{ '/a/../c': { get: {} } }", "invalid_path", "/paths/~1a~1..~1c")]
    [InlineData("{ '/a/{x': { get: {} } }", "invalid_path", "/paths/~1a~1{x")]
    [InlineData("{ /a: { post: { requestBody: { content: { multipart/mixed: {} } } } } }", "unsupported_body", "/paths/~1a/post/requestBody")]
    [InlineData("{ /a: { trace: {} } }", "unsupported_method", "/paths/~1a/trace")]
    [InlineData("{ /a: { post: { requestBody: { content: { application/json: { schema: { $dynamicRef: '#x' } } } } } } }", "unsupported_schema", "/paths/~1a/post/requestBody/content/application~1json/schema/$dynamicRef")]
    public void a_broken_operation_leaves_its_neighbours_alone(string paths, string code, string pointer)
    {
        var catalog = Documents.Import(Documents.Of(paths[..^2] + ", /fine: { get: { operationId: ok } } }"));
        catalog.Tools.ShouldHaveSingleItem().Name.ShouldBe("fine.ok");
        catalog.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            diagnostic => diagnostic.Code.ShouldBe(code), diagnostic => diagnostic.Pointer.ShouldBe(pointer), diagnostic => diagnostic.Message.ShouldNotBeEmpty());
    }

    [Fact]
    public void an_undeclared_path_parameter_is_a_string_and_a_pattern_without_a_linear_form_is_reported()
    {
        var catalog = Documents.Import(Documents.Of("{ '/a/{id}': { get: { parameters: [{ name: q, in: query, schema: { type: string, pattern: '^(?=a)' } }] } } }"));
        catalog.Tools[0].Schema().GetProperty("required").ShouldBeJson("""["id"]""");
        catalog.Diagnostics.Select(diagnostic => diagnostic.Code).ShouldBe(["undeclared_path_parameter", "unsupported_pattern"]);
    }

    [Fact]
    public void a_digest_changes_with_the_meaning_and_not_with_the_order_of_the_document()
    {
        const string first = "{ description: D, parameters: [{ name: a, in: query, schema: { type: string, maxLength: 3 } }, { name: b, in: query, schema: {} }] }";
        var digest = Documents.Tool(first).Digest;
        Documents.Tool("{ parameters: [{ name: b, in: query, schema: {} }, { in: query, schema: { maxLength: 3, type: string }, name: a }], description: D }").Digest.ShouldBe(digest);
        string[] others =
        [
            Documents.Tool(first.Replace("D,", "E,", StringComparison.Ordinal)).Digest, Documents.Tool(first.Replace("maxLength: 3", "maxLength: 4", StringComparison.Ordinal)).Digest,
            Documents.Tool(first, "/other").Digest, Documents.Tool(first, method: "put").Digest, Documents.Tool(first.Replace("in: query", "in: header", StringComparison.Ordinal)).Digest,
            Documents.Import(Documents.Of($"{{ /items: {{ post: {first} }} }}"), "https://elsewhere.example").Tools[0].Digest,
        ];
        others.Append(digest).ShouldBeUnique();
    }
}
