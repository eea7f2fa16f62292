using System.Text;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>What a call sends.</summary>
public sealed class RequestTests
{
    private const string Array = """["blue","black & white"]""";
    private const string Object = """{"R":100,"a b":"x/y"}""";

    [Theory]
    [InlineData("simple", false, "5", "/5")]
    [InlineData("simple", false, "\"a/b ü\"", "/a%2Fb%20%C3%BC")]
    [InlineData("simple", false, Array, "/blue,black%20%26%20white")]
    [InlineData("simple", false, Object, "/R,100,a%20b,x%2Fy")]
    [InlineData("simple", true, Object, "/R=100,a%20b=x%2Fy")]
    [InlineData("label", false, "5", "/.5")]
    [InlineData("label", false, Array, "/.blue,black%20%26%20white")]
    [InlineData("label", true, Array, "/.blue.black%20%26%20white")]
    [InlineData("label", true, Object, "/.R=100.a%20b=x%2Fy")]
    [InlineData("matrix", false, "5", "/;p=5")]
    [InlineData("matrix", false, Array, "/;p=blue,black%20%26%20white")]
    [InlineData("matrix", true, Array, "/;p=blue;p=black%20%26%20white")]
    [InlineData("matrix", false, Object, "/;p=R,100,a%20b,x%2Fy")]
    [InlineData("matrix", true, Object, "/;R=100;a%20b=x%2Fy")]
    public void path_styles(string style, bool explode, string value, string expected) =>
        Documents.Tool($"{{ parameters: [{{ name: p, in: path, required: true, style: {style}, explode: {(explode ? "true" : "false")}, schema: {{}} }}] }}", "/{p}", "get")
            .Request($$"""{"p":{{value}}}""").RequestUri!.AbsoluteUri.ShouldBe($"https://api.example.com/base{expected}");

    [Theory]
    [InlineData("form", true, "true", "?p=true")]
    [InlineData("form", true, "\"a+b=c&d\"", "?p=a%2Bb%3Dc%26d")]
    [InlineData("form", true, "1.0e2", "?p=1.0e2")]
    [InlineData("form", true, "\"\"", "?p=")]
    [InlineData("form", true, "[]", "")]
    [InlineData("form", true, "null", "")]
    [InlineData("form", true, Array, "?p=blue&p=black%20%26%20white")]
    [InlineData("form", false, Array, "?p=blue,black%20%26%20white")]
    [InlineData("form", true, Object, "?R=100&a%20b=x%2Fy")]
    [InlineData("form", false, Object, "?p=R,100,a%20b,x%2Fy")]
    [InlineData("spaceDelimited", false, Array, "?p=blue%20black%20%26%20white")]
    [InlineData("spaceDelimited", true, Array, "?p=blue&p=black%20%26%20white")]
    [InlineData("pipeDelimited", false, Array, "?p=blue%7Cblack%20%26%20white")]
    [InlineData("pipeDelimited", false, Object, "?p=R%7C100%7Ca%20b%7Cx%2Fy")]
    [InlineData("deepObject", true, Object, "?p%5BR%5D=100&p%5Ba%20b%5D=x%2Fy")]
    [InlineData("deepObject", true, """{"a":{"b":1},"c":[2,3],"d":[{"e":4}]}""", "?p%5Ba%5D%5Bb%5D=1&p%5Bc%5D%5B%5D=2&p%5Bc%5D%5B%5D=3&p%5Bd%5D%5B0%5D%5Be%5D=4")]
    public void query_styles(string style, bool explode, string value, string expected) =>
        Documents.Tool($"{{ parameters: [{{ name: p, in: query, style: {style}, explode: {(explode ? "true" : "false")}, schema: {{}} }}] }}", method: "get")
            .Request($$"""{"p":{{value}}}""").RequestUri!.AbsoluteUri.ShouldBe($"https://api.example.com/base/items{expected}");

    [Fact]
    public void defaults_are_form_exploded_in_the_query_and_simple_in_headers_and_names_are_encoded()
    {
        var request = Documents.Tool("""
            { parameters: [{ name: 'f[x]', in: query, schema: {} }, { name: X-List, in: header, schema: {} }, { name: a, in: cookie, schema: {} }, { name: b, in: cookie, schema: {} },
                           { name: j, in: query, content: { application/json: { schema: { type: object } } } }, { name: r, in: query, allowReserved: true, schema: {} }, { name: If-Modified-Since, in: header, schema: {} }] }
            """, method: "get").Request("""{"f[x]":[1,2],"X-List":["a","b"],"a":"1;2","b":"x","j":{"k": 1},"r":"a/b:c?&#","If-Modified-Since":"yesterday"}""");
        request.RequestUri!.AbsoluteUri.ShouldBe("https://api.example.com/base/items?f%5Bx%5D=1&f%5Bx%5D=2&j=%7B%22k%22%3A%201%7D&r=a/b:c?%26%23");
        request.Headers.NonValidated["X-List"].ToString().ShouldBe("a,b");
        request.Headers.NonValidated["If-Modified-Since"].ToString().ShouldBe("yesterday");
        request.Headers.NonValidated["Cookie"].ToString().ShouldBe("a=1%3B2; b=x");
        request.Method.ShouldBe(HttpMethod.Get);
        request.Content.ShouldBeNull();
    }

    [Fact]
    public void a_json_body_is_the_very_bytes_of_the_argument()
    {
        const string body = """{ "z":1.0, "a" : [ 1e2, "\u00e9" ],"n":123456789012345678901234567890 }""";
        var request = Documents.Tool("{ requestBody: { content: { 'application/vnd.api+json; charset=utf-8': {} } } }").Request($$"""{"x":{"body":1}, "body" : {{body}} }""");
        request.Body().ShouldBe(body);
        request.Content!.Headers.ContentType!.ToString().ShouldBe("application/vnd.api+json; charset=utf-8");
        Documents.Tool("{ requestBody: { content: { application/json: {} } } }").Request("""{"\u0062ody":null}""").Body().ShouldBe("null");
    }

    [Fact]
    public void a_form_writes_objects_as_json_unless_an_encoding_says_otherwise()
    {
        var tool = Documents.Tool("""
            { requestBody: { content: { application/x-www-form-urlencoded: { schema: { type: object }, encoding: { meta: { style: deepObject, explode: true }, tags: { style: form, explode: false } } } } } }
            """);
        var request = tool.Request("""{"body":{"a b":"c&d","n":null,"list":[1,2],"o":{"k":1},"meta":{"x":"y"},"tags":["p","q"]}}""");
        request.Body().ShouldBe("a%20b=c%26d&list=1&list=2&o=%7B%22k%22%3A1%7D&meta%5Bx%5D=y&tags=p,q");
        request.Content!.Headers.ContentType!.ToString().ShouldBe("application/x-www-form-urlencoded");
        tool.Plan("""{"body":[1]}""").Fault.ShouldNotBeNull().Pointer.ShouldBe("/body");
    }

    [Fact]
    public void a_multipart_body_sends_texts_json_and_files()
    {
        var tool = Documents.Tool("""
            { requestBody: { content: { multipart/form-data: { schema: { type: object, properties: { file: { type: string, format: binary }, meta: { type: object }, note: { type: string } } },
                encoding: { note: { contentType: text/markdown } } } } } }
            """);
        tool.Schema().GetProperty("properties").GetProperty("body").GetProperty("properties").GetProperty("file").ShouldBeJson("""{"type":"string","contentEncoding":"base64"}""");
        var request = tool.Request("""{"body":{"file":"AAEC","meta":{"k":1},"note":"hi","tags":["a","b"]}}""");
        request.Content!.Headers.ContentType!.MediaType.ShouldBe("multipart/form-data");
        var parts = request.Content.ShouldBeOfType<MultipartFormDataContent>().Select(part =>
            (part.Headers.ContentDisposition!.Name!.Trim('"'), part.Headers.ContentType!.ToString(), Convert.ToHexString(part.ReadAsByteArrayAsync().GetAwaiter().GetResult())));
        parts.ShouldBe([
            ("file", "application/octet-stream", "000102"), ("meta", "application/json", Convert.ToHexString("{\"k\":1}"u8)),
            ("note", "text/markdown", Convert.ToHexString("hi"u8)), ("tags", "text/plain; charset=utf-8", "61"), ("tags", "text/plain; charset=utf-8", "62")]);
        var wire = request.Body();
        wire.ShouldContain("form-data; name=\"file\"; filename=\"file\"");
        wire.ShouldContain("form-data; name=\"note\"\r\n");
        tool.Plan("""{"body":{"file":"not base64!"}}""").Fault.ShouldNotBeNull().Pointer.ShouldBe("/body/file");
        tool.Plan("""{"body":{"a\"b":"x"}}""").Fault.ShouldNotBeNull().Code.ShouldBe("propertyNames");
    }

    [Theory]
    [InlineData("text/plain", "\"héllo\\n\"", "héllo\n")]
    [InlineData("application/xml", "\"<a/>\"", "<a/>")]
    [InlineData("application/octet-stream", "\"aGk=\"", "hi")]
    public void texts_and_bytes(string type, string value, string expected)
    {
        var tool = Documents.Tool($"{{ requestBody: {{ content: {{ {type}: {{}} }} }} }}");
        var request = tool.Request($$"""{"body":{{value}}}""");
        request.Body().ShouldBe(expected);
        request.Content!.Headers.ContentType!.MediaType.ShouldBe(type);
        tool.Plan("""{"body":5}""").Fault.ShouldNotBeNull().Pointer.ShouldBe("/body");
    }

    [Fact]
    public void json_is_preferred_and_get_sends_no_body()
    {
        Documents.Tool("{ requestBody: { content: { text/plain: {}, application/x-www-form-urlencoded: {}, application/problem+json: {}, application/json: {} } } }").Http().Body!.ContentType.ShouldBe("application/json");
        var catalog = Documents.Import(Documents.Of("{ /a: { get: { requestBody: { content: { application/json: {} } } } } }"));
        catalog.Tools[0].Http().Body.ShouldBeNull();
        catalog.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ignored_body");
    }

    [Fact]
    public void accept_is_what_the_operation_answers_with()
    {
        Documents.Tool("{ responses: { '200': { content: { text/csv: {}, application/json: {} } }, '404': { content: { application/problem+json: {} } } } }")
            .Request("{}").Headers.NonValidated["Accept"].ToString().ShouldBe("application/json, text/csv;q=0.5");
        Documents.Tool("{}").Request("{}").Headers.NonValidated["Accept"].ToString().ShouldBe("*/*");
    }

    [Theory]
    [InlineData("""{"p":".."}""")]
    [InlineData("""{"p":"."}""")]
    [InlineData("""{"p":""}""")]
    [InlineData("""{"p":"a/../b"}""")]
    [InlineData("""{"p":"..\\x"}""")]
    [InlineData("""{"p":"%2e%2e"}""")]
    [InlineData("""{"p":"%252e%252E%252f"}""")]
    [InlineData("""{"p":"..;x"}""")]
    [InlineData("""{"p":"a\r\nHost: evil"}""")]
    [InlineData("""{"p":"a\u0000"}""")]
    [InlineData("""{"p":"%00"}""")]
    [InlineData("""{"p":["a",".."]}""")]
    [InlineData("""{"p":[]}""")]
    [InlineData("""{"p":{}}""")]
    [InlineData("""{"p":null}""")]
    [InlineData("""{}""")]
    [InlineData("""{"p":"\ud800"}""")]
    public void a_value_that_could_leave_the_path_is_refused(string arguments)
    {
        var plan = Documents.Tool("{ parameters: [{ name: p, in: path, required: true, schema: {} }] }", "/x/{p}", "get").Plan(arguments);
        plan.Request.ShouldBeNull();
        plan.Fault.ShouldNotBeNull().Code.ShouldBeOneOf("path", "required", "unicode");
    }

    [Fact]
    public void dots_that_meet_across_a_segment_are_refused()
    {
        var tool = Documents.Tool("{ parameters: [{ name: a, in: path, required: true, schema: {} }, { name: b, in: path, required: true, style: label, schema: {} }] }", "/{a}{b}/x", "get");
        tool.Request("""{"a":"file","b":"txt"}""").RequestUri!.AbsolutePath.ShouldBe("/base/file.txt/x");
        Documents.Tool("{ parameters: [{ name: a, in: path, required: true, schema: {} }] }", "/{a}./x", "get").Plan("""{"a":"%2E"}""").Fault.ShouldNotBeNull().Code.ShouldBe("path");
    }

    [Theory]
    [InlineData("a\\r\\nX-Evil: 1")]
    [InlineData("\\u0000")]
    [InlineData("\\n")]
    [InlineData("é")]
    public void a_header_holds_printable_ascii_only(string value) =>
        Documents.Tool("{ parameters: [{ name: X-A, in: header, schema: {} }] }").Plan($$"""{"X-A":"{{value}}"}""").Fault.ShouldNotBeNull()
            .ShouldSatisfyAllConditions(fault => fault.Code.ShouldBe("header"), fault => fault.Pointer.ShouldBe("/X-A"));

    [Fact]
    public void an_exploded_object_cannot_take_the_name_of_a_credential_or_of_another_parameter()
    {
        var tool = Documents.Tool("{ parameters: [{ name: o, in: query, schema: {} }, { name: q, in: query, schema: {} }] }",
            rest: "components: { securitySchemes: { k: { type: apiKey, in: query, name: api_key } } }");
        tool.Request("""{"o":{"free":1},"q":2}""").RequestUri!.Query.ShouldBe("?free=1&q=2");
        tool.Plan("""{"o":{"API_KEY":"x"}}""").Fault.ShouldNotBeNull().Code.ShouldBe("query");
        tool.Plan("""{"o":{"q":"x"}}""").Fault.ShouldNotBeNull().Code.ShouldBe("query");
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public void arguments_that_are_no_strict_json_object_are_refused(string arguments) =>
        HttpRequestBuilder.Build(Documents.Tool("{}").Http(), Encoding.UTF8.GetBytes(arguments)).Request.ShouldBeNull();
}
