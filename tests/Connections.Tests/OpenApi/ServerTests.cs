using System.Collections.Immutable;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>Where calls may go.</summary>
public sealed class ServerTests
{
    private const string Head = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\n";

    [Fact]
    public void the_nearest_level_wins()
    {
        var catalog = Documents.Import(Head + """
            servers: [{ url: 'https://doc.example/' }]
            paths:
              /a: { servers: [{ url: 'https://path.example' }], get: { servers: [{ url: 'https://op.example' }] }, put: {} }
              /b: { get: {} }
            """);
        catalog.Servers.ShouldBe(["https://doc.example"]);
        catalog.Tools.ToDictionary(tool => tool.ApprovalText, tool => tool.Http().Servers.Single()).ShouldBe(new Dictionary<string, string>
        {
            ["GET /a"] = "https://op.example", ["PUT /a"] = "https://path.example", ["GET /b"] = "https://doc.example",
        }, ignoreOrder: true);
    }

    [Fact]
    public void several_servers_and_variables_become_an_argument_limited_to_the_declared_values()
    {
        var catalog = Documents.Import(Head + """
            servers:
              - { url: 'https://{region}.example/{v}', variables: { region: { default: eu, enum: [us, eu] }, v: { default: v1 } } }
              - { url: 'https://other.example' }
            paths: { /a: { get: {} } }
            """);
        var tool = catalog.Tools[0];
        tool.Schema().GetProperty("properties").GetProperty("server").GetProperty("enum").ShouldBeJson("""["https://eu.example/v1","https://us.example/v1","https://other.example"]""");
        tool.Request("{}").RequestUri!.AbsoluteUri.ShouldBe("https://eu.example/v1/a");
        tool.Request("""{"server":"https://other.example"}""").RequestUri!.AbsoluteUri.ShouldBe("https://other.example/a");
        tool.Plan("""{"server":"https://evil.example"}""").Fault.ShouldNotBeNull().Pointer.ShouldBe("/server");
        tool.Plan("""{"server":5}""").Fault.ShouldNotBeNull().Pointer.ShouldBe("/server");
        catalog.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            diagnostic => diagnostic.Code.ShouldBe("open_server_variable"), diagnostic => diagnostic.Pointer.ShouldBe("/servers/0/variables/v"));
    }

    [Fact]
    public void a_base_url_replaces_all_of_them()
    {
        var tool = Documents.Import(Head + "servers: [{ url: 'https://a.example' }, { url: 'https://b.example' }]\npaths: { /a: { get: { servers: [{ url: 'https://c.example' }] } } }", "http://127.0.0.1:8080/api/").Tools[0];
        tool.Schema().GetProperty("properties").EnumerateObject().ShouldBeEmpty();
        tool.Request("{}").RequestUri!.AbsoluteUri.ShouldBe("http://127.0.0.1:8080/api/a");
    }

    [Theory]
    [InlineData("servers: [{ url: '../v2' }]", "https://docs.example/api/spec/openapi.json", "https://docs.example/api/v2")]
    [InlineData("servers: [{ url: '/v3' }]", "https://docs.example/api/openapi.json", "https://docs.example/v3")]
    [InlineData("servers: [{ url: '//x.example' }]", "https://docs.example/", "https://x.example")]
    [InlineData("", "https://docs.example:8443/api/openapi.json", "https://docs.example:8443")]
    public void relative_servers_mean_where_the_document_came_from(string servers, string source, string expected) =>
        Documents.Import($"{Head}{servers}\npaths: {{}}", source: source).Servers.ShouldBe([expected]);

    [Theory]
    [InlineData("ftp://x.example")]
    [InlineData("https://user:pass@x.example")]
    [InlineData("https://x.example?key=1")]
    [InlineData("https://{undeclared}.example")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/relative")]
    public void a_server_that_cannot_be_called_is_reported(string url)
    {
        var catalog = Documents.Import($"{Head}servers: [{{ url: '{url}' }}]\npaths: {{ /a: {{ get: {{}} }} }}");
        catalog.Servers.ShouldBe(ImmutableArray<string>.Empty);
        catalog.Diagnostics.Select(diagnostic => (diagnostic.Code, diagnostic.Pointer)).ShouldBe([("unusable_server", "/servers/0"), ("no_server", "/servers")]);
        catalog.Tools[0].Plan("{}").Fault.ShouldNotBeNull().Code.ShouldBe("server");
        var based = Documents.Import($"{Head}servers: [{{ url: '{url}' }}]\npaths: {{ /a: {{ get: {{}} }} }}", "https://set.example");
        based.Tools[0].Request("{}").RequestUri!.AbsoluteUri.ShouldBe("https://set.example/a");
    }

    [Fact]
    public void the_combinations_of_variables_are_bounded()
    {
        var values = string.Join(", ", Enumerable.Range(0, 30).Select(i => $"v{i}"));
        var variables = string.Join(", ", "abcdefgh".Select(name => $"{name}: {{ default: v0, enum: [{values}] }}"));
        var catalog = Documents.Import($"{Head}servers: [{{ url: 'https://e.example/{{a}}/{{b}}/{{c}}/{{d}}/{{e}}/{{f}}/{{g}}/{{h}}', variables: {{ {variables} }} }}]\npaths: {{}}");
        catalog.Servers.Length.ShouldBe(ServerReading.MaxServers);
        catalog.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("too_many_servers");
    }
}
