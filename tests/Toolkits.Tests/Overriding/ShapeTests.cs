using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Toolgate.Connections;

namespace Toolgate.Toolkits.Tests;

/// <summary>What an override makes of a tool: what is shown, what may be sent, and when it does not fit.</summary>
public sealed class ShapeTests
{
    private const string Schema = """
        {"type":"object","properties":{"owner":{"type":"string"},"count":{"type":"integer","maximum":9},"body":{"$ref":"#/$defs/body"},"dryRun":{"type":"boolean"},"linked":{"$ref":"#/properties/owner"}},
         "required":["owner","body"],"additionalProperties":false,"$defs":{"body":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}}}
        """;

    private readonly ToolDefinition definition = World.Definition("issues.create", Schema);

    [Fact]
    public void What_is_hidden_or_fixed_is_shown_no_more_and_all_else_is_as_it_was()
    {
        var shape = Shape(new ToolOverride("x") { Title = "File it", Hide = ["dryRun"], Fix = [Fixed("body", """{"text":"t"}""")] });
        var schema = JsonNode.Parse(shape.InputSchema.Span)!;
        schema["properties"]!.AsObject().Select(pair => pair.Key).ShouldBe(["owner", "count", "linked"]);
        schema["required"]!.ToJsonString().ShouldBe("""["owner"]""");
        schema["additionalProperties"]!.ToJsonString().ShouldBe("false");
        schema["$defs"]!.ToJsonString().ShouldBe(JsonNode.Parse(Schema)!["$defs"]!.ToJsonString());
        var entry = JsonNode.Parse("{" + Encoding.UTF8.GetString(shape.ListingMembers.Span) + "}")!;
        ((string)entry["title"]!, (string)entry["description"]!).ShouldBe(("File it", "Does issues.create."));
        entry["inputSchema"]!.ToJsonString().ShouldBe(schema.ToJsonString());
        entry["annotations"]!.AsObject().Count.ShouldBe(4);
    }

    [Fact]
    public void Fixed_values_are_put_in_and_the_rest_stays_byte_for_byte()
    {
        var shape = Shape(new ToolOverride("x") { Fix = [Fixed("body", """{"text":"é"}"""), Fixed("count", "3")] });
        Apply(shape, "{}").ShouldBe("""{"body":{"text":"é"},"count":3}""");
        Apply(shape, "{ }").ShouldBe("""{"body":{"text":"é"},"count":3 }""");
        Apply(shape, """{ "owner" : "o",  "x":1e0 }""").ShouldBe("""{"body":{"text":"é"},"count":3, "owner" : "o",  "x":1e0 }""");
        Apply(Shape(new ToolOverride("x") { Hide = ["dryRun"] }), """{ "owner" : "o" }""").ShouldBe("""{ "owner" : "o" }""");
        Apply(Shape(new ToolOverride("x") { Title = "t" }), """{"dryRun":true}""").ShouldBe("""{"dryRun":true}""");
    }

    [Theory]
    [InlineData("""{"dryRun":true}""")]
    [InlineData("""{"owner":"o","dryRun":null}""")]
    [InlineData("""{"\u0064ryRun":true}""")]
    [InlineData("""{"DRYRUN":true}""")]
    [InlineData("""{"body":{"text":"mine"}}""")]
    public void What_is_hidden_or_fixed_cannot_be_sent_however_it_is_spelled(string arguments)
    {
        var shape = Shape(new ToolOverride("x") { Hide = ["dryRun"], Fix = [Fixed("body", """{"text":"t"}""")] });
        shape.Apply(Encoding.UTF8.GetBytes(arguments), out var fault).IsEmpty.ShouldBeTrue();
        fault!.Code.ShouldBe("additionalProperties");
        fault.Message.ShouldBe("There is no such property.");
    }

    [Fact]
    public void A_visible_parameter_that_differs_in_case_from_a_hidden_one_can_be_sent()
    {
        var shape = ShapeCompiler.Of(new ToolOverride("x") { Hide = ["ID"] }, World.Definition("t", """{"type":"object","properties":{"id":{},"ID":{}}}""")).Shape!;
        Apply(shape, """{"id":1}""").ShouldBe("""{"id":1}""");
        shape.Apply("""{"Id":1}"""u8.ToArray(), out var fault);
        fault.ShouldNotBeNull();
    }

    [Fact]
    public void A_fault_does_not_list_what_is_hidden()
    {
        var shape = Shape(new ToolOverride("x") { Hide = ["dryRun"] });
        ArgumentFault[] faults = [new("/nope", "additionalProperties", "There is no such property; known are owner, dryRun."), new("/body/x", "additionalProperties", "known are text."), new("/owner", "required", "Needed.")];
        shape.Seen(faults).Select(fault => fault.Message).ShouldBe(["There is no such property.", "known are text.", "Needed."]);
    }

    [Theory]
    [InlineData("nope", null, null, "/hide/0", "unknown_parameter")]
    [InlineData("owner", null, null, "/hide/0", "required_parameter")]
    [InlineData(null, "nope", "1", "/fix/nope", "unknown_parameter")]
    [InlineData(null, "count", "10", "/fix/count", "invalid_value")]
    [InlineData(null, "count", "\"3\"", "/fix/count", "invalid_value")]
    [InlineData(null, "body", "{}", "/fix/body/text", "invalid_value")]
    [InlineData(null, "owner", "\"o\"", "/fix/owner", "referenced_parameter")]
    public void What_does_not_fit_is_told_with_its_place(string? hide, string? fix, string? value, string pointer, string code)
    {
        var (shape, faults) = ShapeCompiler.Of(
            new ToolOverride("x") { Hide = hide is null ? [] : [hide], Fix = fix is null ? [] : [Fixed(fix, value!)] }, definition);
        shape.ShouldBeNull();
        faults.Select(fault => (fault.Pointer, fault.Code)).ShouldBe([(pointer, code)]);
    }

    [Fact]
    public void A_new_name_alone_changes_nothing_else()
    {
        var (shape, faults) = ShapeCompiler.Of(new ToolOverride("x") { Name = "y" }, definition);
        (shape, faults.Count).ShouldBe((null, 0));
    }

    /// <summary>The law: whatever is sent, what arrives holds each fixed value once and never a hidden parameter from outside.</summary>
    [Fact]
    public void Nothing_that_is_sent_reaches_a_hidden_parameter()
        => Prop.ForAll(Cases.ToArbitrary(), data =>
        {
            var (names, hide, fix, sent) = data;
            var tool = World.Definition("t", "{\"type\":\"object\",\"properties\":{" + string.Join(',', names.Select(name => JsonSerializer.Serialize(name) + ":{}")) + "}}");
            var shape = ShapeCompiler.Of(new ToolOverride("x") { Title = "t", Hide = [.. hide], Fix = [.. fix.Select(name => Fixed(name, "\"fixed\""))] }, tool).Shape!;
            var body = new JsonObject(sent.Select(name => KeyValuePair.Create(name, (JsonNode?)"sent")));
            var outcome = shape.Apply(Encoding.UTF8.GetBytes(body.ToJsonString()), out var fault);
            var hidden = hide.Concat(fix).ToHashSet(StringComparer.OrdinalIgnoreCase);
            var visible = names.Except([.. hide, .. fix]).ToHashSet(StringComparer.Ordinal);
            (fault is not null).ShouldBe(sent.Any(name => hidden.Contains(name) && !visible.Contains(name)));
            if (fault is null)
            {
                var arrived = JsonNode.Parse(outcome.Span)!.AsObject();
                arrived.Count.ShouldBe(sent.Length + fix.Length);
                fix.ShouldAllBe(name => (string)arrived[name]! == "fixed");
                sent.ShouldAllBe(name => (string)arrived[name]! == "sent");
                hide.ShouldAllBe(name => !arrived.ContainsKey(name));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static readonly Gen<string[]> SomeNames = Gen.SubListOf(["a", "A", "b", "é", "quo\"te", "d", "sla/sh~", "D"]).Select(list => list.Distinct().ToArray());

    private static readonly Gen<(string[] Names, string[] Hide, string[] Fix, string[] Sent)> Cases =
        from names in SomeNames
        from hide in SomeNames
        from fix in SomeNames
        from sent in SomeNames
        select (names, hide.Intersect(names).Except(fix).ToArray(), fix.Intersect(names).ToArray(), sent);

    private static FixedArgument Fixed(string parameter, string json)
    {
        using var document = JsonDocument.Parse(json);
        return new FixedArgument(parameter, document.RootElement.Clone());
    }

    private static string Apply(ToolShape shape, string arguments)
    {
        var applied = shape.Apply(Encoding.UTF8.GetBytes(arguments), out var fault);
        fault.ShouldBeNull();
        return Encoding.UTF8.GetString(applied.Span);
    }

    private ToolShape Shape(ToolOverride said)
    {
        var (shape, faults) = ShapeCompiler.Of(said, definition);
        faults.ShouldBeEmpty();
        return shape!;
    }
}
