using System.Text;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>JSON and YAML texts.</summary>
public sealed class DocumentTextTests
{
    [Theory]
    [InlineData("no", "\"no\"")]
    [InlineData("on", "\"on\"")]
    [InlineData("Yes", "\"Yes\"")]
    [InlineData("true", "true")]
    [InlineData("FALSE", "false")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("Null", "null")]
    [InlineData("2024-01-31", "\"2024-01-31\"")]
    [InlineData("2024-01-31T10:00:00Z", "\"2024-01-31T10:00:00Z\"")]
    [InlineData("12:30:45", "\"12:30:45\"")]
    [InlineData("0755", "755")]
    [InlineData("0o17", "15")]
    [InlineData("0x1F", "31")]
    [InlineData("1_000", "\"1_000\"")]
    [InlineData("+7", "7")]
    [InlineData("-0", "-0")]
    [InlineData(".5", "0.5")]
    [InlineData("1.", "1")]
    [InlineData("1e3", "1e3")]
    [InlineData(".inf", "\".inf\"")]
    [InlineData(".nan", "\".nan\"")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("'123'", "\"123\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("!!str 5", "\"5\"")]
    [InlineData("0b1", "\"0b1\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    public void plain_scalars_follow_the_core_schema_of_yaml_1_2(string yaml, string json)
    {
        DocumentText.Parse(Encoding.UTF8.GetBytes($"a: {yaml}\n"), out var document).ShouldBeNull();
        document!.RootElement.GetProperty("a").GetRawText().ShouldBe(json);
    }

    [Fact]
    public void keys_are_strings_and_aliases_and_merges_are_expanded()
    {
        var yaml = """
            200: &ok { description: fine, no: 1 }
            on: *ok
            merged: { <<: *ok, description: own }
            list: { <<: [*ok, { description: later, extra: 2 }] }
            """;
        DocumentText.Parse(yaml.Utf8(), out var document).ShouldBeNull();
        document!.RootElement.ShouldBeJson("""
            {"200":{"description":"fine","no":1},"on":{"description":"fine","no":1},
             "merged":{"description":"own","no":1},"list":{"description":"fine","no":1,"extra":2}}
            """);
    }

    [Fact]
    public void an_alias_bomb_is_refused_quickly()
    {
        var bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 12; i++)
        {
            bomb.Append($"a{i}: &a{i} [").AppendJoin(',', Enumerable.Repeat($"*a{i - 1}", 10)).Append("]\n");
        }

        DocumentText.Parse(bomb.ToString().Utf8(), out _).ShouldNotBeNull().Code.ShouldBe("document_too_large");
    }

    [Fact]
    public void a_merge_bomb_costs_what_its_text_does()
    {
        var bomb = new StringBuilder("m0: &m0 { a: 1, b: 2 }\n");
        for (var i = 1; i < 15; i++)
        {
            bomb.Append($"m{i}: &m{i} {{ <<: [").AppendJoin(',', Enumerable.Repeat($"*m{i - 1}", 10)).Append("] }\n");
        }

        DocumentText.Parse(bomb.ToString().Utf8(), out var document).ShouldBeNull();
        document!.RootElement.GetProperty("m14").ShouldBeJson("""{"a":1,"b":2}""");
    }

    [Theory]
    [InlineData("a: &a [*a]", "unknown_alias")]
    [InlineData("a: 1\na: 2", "duplicate_key")]
    [InlineData("? [x]\n: 1", "unsupported_key")]
    [InlineData("a: [", "invalid_yaml")]
    [InlineData("a: 1\n---\nb: 2", "several_documents")]
    [InlineData("", "empty_document")]
    [InlineData("{\"a\":1,\"a\":2}", "duplicate_key")]
    [InlineData("{\"a\": tru", "invalid_json")]
    public void broken_texts_say_what_is_wrong(string text, string code) => Documents.Refusal(text).Code.ShouldBe(code);

    [Theory]
    [InlineData(200)]
    [InlineData(20_000)]
    public void deep_nesting_is_refused_in_both_languages(int depth)
    {
        Documents.Refusal(new string('[', depth) + new string(']', depth)).Code.ShouldBe("invalid_json");
        Documents.Refusal("- " + new string('[', depth) + new string(']', depth)).Code.ShouldBe("document_too_deep");
    }

    [Theory]
    [InlineData("{\"swagger\":\"1.2\"}", "unsupported_version")]
    [InlineData("[]", "not_openapi")]
    [InlineData("just text", "not_openapi")]
    [InlineData("openapi: 4.0.0", "unsupported_version")]
    [InlineData("openapi: [3]", "not_openapi")]
    public void what_is_no_openapi_document_gives_one_clear_error(string text, string code) => Documents.Refusal(text).Code.ShouldBe(code);

    [Fact]
    public void json_with_a_byte_order_mark_and_an_unquoted_yaml_version_are_read()
    {
        Documents.Import("\uFEFF" + """{"openapi":"3.0.3","info":{"title":"T","version":"1"},"paths":{}}""").Title.ShouldBe("T");
        Documents.Import("openapi: 3.1\ninfo: { title: T, version: 1.0 }\npaths: {}").Version.ShouldBe("1.0");
    }

    [Fact]
    public void json_and_yaml_of_one_document_give_equal_catalogs()
    {
        var yaml = Documents.Of("{ '/a/{b}': { get: { parameters: [{ name: b, in: path, required: true, schema: { type: string } }] } } }");
        DocumentText.Parse(yaml.Utf8(), out var document).ShouldBeNull();
        CatalogCodec.Encode(Documents.Import(document!.RootElement.GetRawText())).ShouldBe(CatalogCodec.Encode(Documents.Import(yaml)));
    }

    [Fact]
    public void a_lone_surrogate_drops_its_operation_alone()
    {
        var json = """{"openapi":"3.1.0","info":{"title":"T","version":"1"},"servers":[{"url":"https://e.com"}],"paths":{"/a":{"get":{"summary":"\ud800"}},"/b":{"get":{}}}}""";
        var catalog = Documents.Import(json);
        catalog.Tools.ShouldHaveSingleItem().ApprovalText.ShouldBe("GET /b");
        catalog.Diagnostics.ShouldHaveSingleItem().ShouldBe(new Diagnostic("/paths/~1a/get", "unreadable", "This part of the document cannot be read; it may hold broken text."));
    }
}
