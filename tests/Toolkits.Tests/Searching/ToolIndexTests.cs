using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits.Tests;

public sealed class ToolIndexTests
{
    private readonly List<ViewTool> tools = [];

    [Fact]
    public void A_name_counts_more_than_a_description_and_that_more_than_a_parameter()
    {
        Add("orders.refund", "Gives money back.");
        Add("mail.send", "Tells somebody about a refund.");
        Add("mail.later", "Sends at another time.", """{"type":"object","properties":{"refund":{"type":"boolean"}}}""");
        Add("other.thing", "Nothing of that.");
        Found("refund").ShouldBe(["orders.refund", "mail.send", "mail.later"]);
    }

    [Fact]
    public void What_matches_more_of_the_query_comes_first_and_nothing_has_to_match_whole()
    {
        Add("invoices.list", "Lists invoices.");
        Add("invoices.void", "Voids an invoice.");
        Add("orders.void", "Voids an order.");
        Found("void an invoice now")[0].ShouldBe("invoices.void");
        Found("void an invoice now").Count.ShouldBe(3);
        Found("teleport").ShouldBeEmpty();
        Found(" ").ShouldBeEmpty();
        Found("the of and").ShouldBeEmpty();
    }

    [Fact]
    public void Other_words_for_an_act_find_it_behind_the_word_itself()
    {
        Add("files.delete", "Deletes a file.");
        Add("files.get", "Reads a file.");
        Add("files.remove", "Removes a file.");
        Found("remove a file")[..2].ShouldBe(["files.remove", "files.delete"]);
        Found("erase a file")[..2].ShouldBe(["files.delete", "files.remove"], ignoreOrder: true);
    }

    [Fact]
    public void The_integration_and_the_connection_tell_tools_apart()
    {
        Add("issues.create", "Creates an issue.", integration: "github");
        Add("issues.create", "Creates an issue.", integration: "gitlab");
        new ToolIndex([.. tools]).Search("create a gitlab issue")[0].Tool.Tool.Integration.ShouldBe("gitlab");
    }

    [Fact]
    public void A_tool_is_found_by_what_its_toolkit_says_of_it_and_not_by_what_it_hides()
    {
        var definition = World.Definition("tickets.make", """{"type":"object","properties":{"zebra":{"type":"string"},"text":{"type":"string"}}}""");
        var tool = new Tool(definition, "desk", Owner.Org, "main");
        var said = new ToolOverride(tool.Address) { Name = "complain", Description = "Writes to the giraffe department.", Hide = ["zebra"] };
        tools.Add(new ViewTool(tool, new AccessDecision(PolicyAction.Approve, DecisionSource.Default), "complain") { Shape = ShapeCompiler.Of(said, definition).Shape });
        Found("zebra").ShouldBeEmpty();
        Found("giraffe").ShouldBe(["tickets.make"]);
        Found("complain").ShouldBe(["tickets.make"]);
    }

    [Fact]
    public void Hostile_texts_are_read_to_their_bound()
    {
        Add("big.one", string.Join(' ', Enumerable.Range(0, 100_000).Select(i => "w" + i)), "{\"type\":\"object\",\"properties\":{" + string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"\"p{i}\":{{}}")) + "}}");
        Add("broken.one", "Has no schema.", "{");
        Found("w1").ShouldBe(["big.one"]);
        Found("w99999").ShouldBeEmpty();
        Found("p4999").ShouldBeEmpty();
        Found("schema").ShouldBe(["broken.one"]);
        Found(string.Join(' ', Enumerable.Range(0, 10_000).Select(i => "q" + i))).ShouldBeEmpty();
    }

    private void Add(string name, string description, string schema = """{"type":"object"}""", string integration = "shop") => tools.Add(new ViewTool(
        new Tool(World.Definition(name, schema, description), integration, Owner.Org, "main"), new AccessDecision(PolicyAction.Approve, DecisionSource.Default),
        McpToolName.Of($"{integration}.org.main.{name}")));

    private List<string> Found(string query) => [.. new ToolIndex([.. tools]).Search(query).Select(found => found.Tool.Tool.Definition.Name)];
}
