namespace Toolgate.Connections.Tests.Schemas;

/// <summary>Every keyword, met and missed.</summary>
public sealed class KeywordTests
{
    [Theory]
    [InlineData("""{"type":"string"}""", "\"a\"", "1", " type")]
    [InlineData("""{"type":"integer"}""", "1.0", "1.5", " type")]
    [InlineData("""{"type":"integer"}""", "1e400", "1e-1", " type")]
    [InlineData("""{"type":"number"}""", "1.5", "\"1\"", " type")]
    [InlineData("""{"type":"boolean"}""", "false", "0", " type")]
    [InlineData("""{"type":"null"}""", "null", "false", " type")]
    [InlineData("""{"type":"array"}""", "[]", "{}", " type")]
    [InlineData("""{"type":"object"}""", "{}", "[]", " type")]
    [InlineData("""{"type":["string","null"]}""", "null", "true", " type")]
    [InlineData("""{"enum":["a",1,{"k":[1,2]}]}""", """{"k":[1.0,2]}""", """{"k":[2,1]}""", " enum")]
    [InlineData("""{"const":{"a":1,"b":2}}""", """{"b":2,"a":1.0}""", """{"a":1}""", " const")]
    [InlineData("""{"const":null}""", "null", "0", " const")]
    [InlineData("""{"minimum":1.5}""", "1.5", "1.4999999999999999999", " minimum")]
    [InlineData("""{"maximum":9007199254740993}""", "9007199254740993", "9007199254740994", " maximum")]
    [InlineData("""{"exclusiveMinimum":0}""", "1e-400", "0.0", " exclusiveMinimum")]
    [InlineData("""{"exclusiveMaximum":10}""", "-1e999999999", "1e1", " exclusiveMaximum")]
    [InlineData("""{"multipleOf":0.01}""", "4.35", "4.355", " multipleOf")]
    [InlineData("""{"multipleOf":0.3}""", "3e999999999", "1e999999999", " multipleOf")]
    [InlineData("""{"minLength":2}""", "\"ab\"", "\"😀\"", " minLength")]
    [InlineData("""{"maxLength":1}""", "\"😀\"", "\"ab\"", " maxLength")]
    [InlineData("""{"pattern":"b+"}""", "\"abc\"", "\"ac\"", " pattern")]
    [InlineData("""{"pattern":"^a$"}""", "\"a\"", "\"a\\n\"", " pattern")]
    [InlineData("""{"minItems":1}""", "[1]", "[]", " minItems")]
    [InlineData("""{"maxItems":1.0}""", "[1]", "[1,2]", " maxItems")]
    [InlineData("""{"uniqueItems":true}""", """[1,"1",true,{"a":1},{"a":2}]""", """[{"a":1,"b":2},{"b":2.0,"a":1}]""", " uniqueItems")]
    [InlineData("""{"items":{"type":"string"}}""", """["a","b"]""", """["a",1,2]""", "/1 type, /2 type")]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":false}""", """["a"]""", """["a","b"]""", "/1 false")]
    [InlineData("""{"items":[{"type":"string"}],"additionalItems":{"type":"null"}}""", """["a",null]""", """[1,1]""", "/0 type, /1 type")]
    [InlineData("""{"contains":{"type":"string"}}""", """[1,"a"]""", "[1]", " contains")]
    [InlineData("""{"contains":{"type":"string"},"minContains":2,"maxContains":3}""", """["a","b"]""", """["a","b","c","d"]""", " maxContains")]
    [InlineData("""{"contains":{"type":"string"},"minContains":2}""", """["a","b"]""", """["a"]""", " minContains")]
    [InlineData("""{"contains":{"type":"string"},"minContains":0,"type":"array"}""", "[]", "{}", " type")]
    [InlineData("""{"required":["a","b"]}""", """{"a":1,"b":2}""", "{}", "/a required, /b required")]
    [InlineData("""{"minProperties":1}""", """{"a":1}""", "{}", " minProperties")]
    [InlineData("""{"maxProperties":1}""", """{"a":1}""", """{"a":1,"b":2}""", " maxProperties")]
    [InlineData("""{"properties":{"a/b":{"type":"string"}}}""", """{"a/b":"x","c":1}""", """{"a/b":1}""", "/a~1b type")]
    [InlineData("""{"patternProperties":{"^x-":{"type":"string"}}}""", """{"x-a":"1","y":1}""", """{"x-a":1}""", "/x-a type")]
    [InlineData("""{"properties":{"a":{}},"patternProperties":{"^x":{}},"additionalProperties":false}""", """{"a":1,"x":1}""", """{"b":1}""", "/b additionalProperties")]
    [InlineData("""{"additionalProperties":{"type":"string"}}""", """{"a":"b"}""", """{"a":1}""", "/a type")]
    [InlineData("""{"propertyNames":{"maxLength":2}}""", """{"ab":1}""", """{"abc":1}""", "/abc propertyNames")]
    [InlineData("""{"dependentRequired":{"a":["b"]}}""", """{"b":1}""", """{"a":1}""", "/b dependentRequired")]
    [InlineData("""{"dependentSchemas":{"a":{"required":["b"]}}}""", """{"a":1,"b":1}""", """{"a":1}""", "/b required")]
    [InlineData("""{"dependencies":{"a":["b"],"c":{"required":["d"]}}}""", """{"a":1,"b":1}""", """{"a":1,"c":1}""", "/b dependentRequired, /d required")]
    [InlineData("""{"unevaluatedProperties":false,"properties":{"a":{}},"allOf":[{"properties":{"b":{}}},{"if":{"required":["c"]},"then":{"properties":{"c":{}}}}]}""", """{"a":1,"b":1,"c":1}""", """{"a":1,"d":1}""", "/d unevaluatedProperties")]
    [InlineData("""{"unevaluatedProperties":{"type":"string"},"anyOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":{}},"required":["b"]}]}""", """{"a":1,"x":"s"}""", """{"b":1,"a":2}""", "/a type")]
    [InlineData("""{"unevaluatedItems":false,"prefixItems":[{}],"contains":{"type":"string"}}""", """[1,"a","b"]""", """[1,"a",2]""", "/2 unevaluatedItems")]
    [InlineData("""{"unevaluatedProperties":false,"oneOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}},"required":["b"]}]}""", """{"a":1}""", """{"a":1,"c":1}""", "/c unevaluatedProperties")]
    [InlineData("""{"unevaluatedProperties":false,"not":{"properties":{"z":{}},"required":["z"]},"properties":{"a":{}}}""", """{"a":1}""", """{"q":1}""", "/q unevaluatedProperties")]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":3}]}""", "2", "0", " minimum")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"null"}]}""", "null", "1", " anyOf")]
    [InlineData("""{"anyOf":[{"type":"object","required":["a"]},{"type":"null"}]}""", """{"a":1}""", "{}", "/a required")]
    [InlineData("""{"oneOf":[{"multipleOf":2},{"multipleOf":3}]}""", "4", "6", " oneOf")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"null"}]}""", "\"a\"", "1", " oneOf")]
    [InlineData("""{"not":{"type":"string"}}""", "1", "\"a\"", " not")]
    [InlineData("""{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}""", "\"ab\"", "\"a\"", " minLength")]
    [InlineData("""{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}""", "2", "1", " minimum")]
    [InlineData("""{"properties":{"a":false}}""", "{}", """{"a":1}""", "/a false")]
    [InlineData("""{"properties":{"a":true}}""", """{"a":[]}""", "{", " json")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}},"maxLength":1}""", "\"a\"", "\"ab\"", " maxLength")]
    [InlineData("""{"$ref":"#name","$defs":{"a":{"$anchor":"name","type":"string"}}}""", "\"a\"", "1", " type")]
    [InlineData("""{"$id":"https://x.example/s","$ref":"other#/$defs/b","$defs":{"o":{"$id":"other","$defs":{"b":{"type":"string"}}}}}""", "\"a\"", "1", " type")]
    [InlineData("""{"$id":"https://x.example/s","properties":{"n":{"$ref":"https://x.example/s"}},"type":"object"}""", """{"n":{"n":{}}}""", """{"n":{"n":1}}""", "/n/n type")]
    [InlineData("""{"properties":{"%":{"$ref":"#/$defs/a%25~1b"}},"$defs":{"a%/b":{"type":"string"}}}""", """{"%":"a"}""", """{"%":1}""", "/% type")]
    [InlineData("""{"properties":{"children":{"items":{"$ref":"#"}}},"required":["id"]}""", """{"id":1,"children":[{"id":2}]}""", """{"id":1,"children":[{"children":[{}]}]}""", "/children/0/id required, /children/0/children/0/id required")]
    [InlineData("""{"format":"email","contentEncoding":"base64","title":"x","$comment":"y","unknown":{"type":5}}""", "\"no mail\"", "{", " json")]
    public void met_and_missed(string schema, string good, string bad, string expected)
    {
        Schema.Found(schema, good).ShouldBe("");
        Schema.Found(schema, bad).ShouldBe(expected);
    }

    [Fact]
    public void a_dynamic_reference_means_the_outermost_anchor_of_its_name()
    {
        const string schema = """
            {"$id":"https://x.example/strict","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false,
             "$defs":{"tree":{"$id":"https://x.example/tree","$dynamicAnchor":"node","type":"object","properties":{"data":true,"children":{"type":"array","items":{"$dynamicRef":"#node"}}}}}}
            """;
        Schema.Found(schema, """{"children":[{"data":1}]}""").ShouldBe("");
        Schema.Found(schema, """{"children":[{"daat":1}]}""").ShouldBe("/children/0/daat unevaluatedProperties");
        Schema.Found(schema.Replace("$dynamicRef", "$ref", StringComparison.Ordinal), """{"children":[{"daat":1}]}""").ShouldBe("");
    }

    [Theory]
    [InlineData("""{"type":"strin"}""", "/type", "invalid_keyword")]
    [InlineData("""{"type":5}""", "/type", "invalid_keyword")]
    [InlineData("""{"enum":5}""", "/enum", "invalid_keyword")]
    [InlineData("""{"minimum":"1"}""", "/minimum", "invalid_keyword")]
    [InlineData("""{"multipleOf":0}""", "/multipleOf", "invalid_keyword")]
    [InlineData("""{"minLength":-1}""", "/minLength", "invalid_keyword")]
    [InlineData("""{"maxItems":1.5}""", "/maxItems", "invalid_keyword")]
    [InlineData("""{"pattern":5}""", "/pattern", "invalid_keyword")]
    [InlineData("""{"required":"a"}""", "/required", "invalid_keyword")]
    [InlineData("""{"properties":[]}""", "/properties", "invalid_keyword")]
    [InlineData("""{"allOf":[]}""", "/allOf", "invalid_keyword")]
    [InlineData("""{"properties":{"a/b":5}}""", "/properties/a~1b", "invalid_schema")]
    [InlineData("""{"items":{"$ref":"#/$defs/x"}}""", "/items/$ref", "unresolved_reference")]
    [InlineData("""{"$ref":"https://evil.example/schema.json"}""", "/$ref", "unresolved_reference")]
    [InlineData("""{"$ref":"#nowhere"}""", "/$ref", "unresolved_reference")]
    [InlineData("""{"$ref":"#"}""", "", "reference_cycle")]
    [InlineData("""{"anyOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"not":{"$ref":"#/$defs/a"}}}}""", "/$defs/a", "reference_cycle")]
    [InlineData("5", "", "invalid_schema")]
    [InlineData("{", "", "invalid_schema")]
    public void a_schema_that_means_nothing_is_refused(string schema, string pointer, string code) =>
        Schema.Refused(schema).ShouldSatisfyAllConditions(diagnostic => diagnostic.Pointer.ShouldBe(pointer), diagnostic => diagnostic.Code.ShouldBe(code));

    [Fact]
    public void sentences_help_and_hold_no_value()
    {
        const string schema = """
            {"type":"object","properties":{"state":{"enum":["open","closed"]},"token":{"type":"string","maxLength":3},"n":{"type":"integer"}},"required":["title"],"additionalProperties":false}
            """;
        var faults = Schema.Faults(schema, """{"state":"sesame-secret","token":"sesame-secret","n":1.5,"extra":"sesame-secret"}""");
        faults.ShouldBe([
            new ArgumentFault("/title", "required", "title is required."),
            new ArgumentFault("/state", "enum", "This must be \"open\" or \"closed\"."),
            new ArgumentFault("/token", "maxLength", "This must have at most 3 characters."),
            new ArgumentFault("/n", "type", "This must be an integer, not a number with a fraction."),
            new ArgumentFault("/extra", "additionalProperties", "There is no such property; known are state, token and n."),
        ]);
    }

    [Fact]
    public void at_most_twenty_faults_are_told() =>
        Schema.Faults("""{"items":{"type":"string"}}""", $"[{string.Join(',', Enumerable.Range(0, 500))}]").Count.ShouldBe(20);
}
