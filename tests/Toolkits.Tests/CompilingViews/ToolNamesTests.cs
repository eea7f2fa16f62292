using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits.Tests;

/// <summary>Every listed tool has one legal name, no two have the same, and neither names nor overrides add or drop a tool.</summary>
public sealed class ToolNamesTests
{
    [Fact]
    public void Names_follow_addresses_unless_the_source_has_a_name_that_one_tool_alone_uses()
    {
        Tool[] tools = [Make("a", "read_file"), Make("b", "read_file"), Make("b", "write file"), Make("c", "search_tools"), Make("c", "日本")];
        ToolNames.Natural(tools, ToolNaming.Address).ShouldBe(tools.Select(tool => tool.McpName));
        ToolNames.Natural(tools, ToolNaming.Upstream).ShouldBe([tools[0].McpName, tools[1].McpName, "write_file", tools[3].McpName, tools[4].McpName]);
    }

    [Fact]
    public void A_source_that_copies_the_address_name_of_another_tool_does_not_get_it()
    {
        var victim = Make("a", "pay");
        Tool[] tools = [victim, Make("b", victim.McpName)];
        ToolNames.Natural(tools, ToolNaming.Upstream).ShouldBe(["pay", tools[1].McpName]);
        ToolNames.Natural([Make("b", new string('x', 65))], ToolNaming.Upstream).ShouldBe([Make("b", new string('x', 65)).McpName]);
    }

    [Fact]
    public void An_override_gives_a_name_unless_another_tool_has_it_and_the_natural_name_stays_reserved()
    {
        Tool[] tools = [Make("a", "one"), Make("a", "two"), Make("a", "three")];
        Names(tools, (0, "first")).ShouldBe(["first", "two", "three"]);
        Names(tools, (0, "two")).ShouldBe(["one", "two", "three"], "the natural name wins");
        Names(tools, (0, "first"), (1, "one")).ShouldBe(["first", "two", "three"], "the first tool's name is not free for others");
        Names(tools, (0, "same"), (2, "same")).ShouldBe(["same", "two", "three"], "of two the first by address");
        Names(tools, (0, "one")).ShouldBe(["one", "two", "three"]);
        Names(tools, (0, tools[0].McpName)).ShouldBe([tools[0].McpName, "two", "three"]);
        Names(tools, (0, tools[1].McpName)).ShouldBe(["one", "two", "three"]);
    }

    [Fact]
    public void Names_are_unique_legal_and_the_same_whatever_order_things_happened_in()
        => Prop.ForAll(Kits.ToArbitrary(), kit =>
        {
            var view = Compile(kit.Row, kit.Tools);
            view.Tools.Select(tool => tool.Name).Distinct(StringComparer.Ordinal).Count().ShouldBe(view.Tools.Length);
            view.Tools.ShouldAllBe(tool => ToolNames.IsLegal(tool.Name));
            view.Tools.Select(tool => tool.Name).ShouldBe(Compile(kit.Row, [.. kit.Tools.Reverse()]).Tools.Select(tool => tool.Name));

            // Listed is callable, by every way there is.
            using var json = JsonDocument.Parse(view.ToolsJson);
            var listed = json.RootElement.EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!).ToList();
            listed.Remove(ApprovalTool.Name).ShouldBe(view.Asks);
            view.Asks.ShouldBe(view.Tools.Any(tool => tool.Decision.Action == PolicyAction.RequireApproval));
            listed.ShouldBe(view.Surface == ToolSurface.Direct ? view.Tools.Select(tool => tool.Name) : ["search_tools", "describe_tool", "call_tool"]);
            view.ByName.Keys.Order(StringComparer.Ordinal).ShouldBe((view.Surface == ToolSurface.Direct ? listed : []).Order(StringComparer.Ordinal));
            view.Tools.ShouldAllBe(tool => view.Find(tool.Name) == tool && view.Find(tool.Tool.Address) == tool);

            // Names, surfaces and overrides never widen: the plain toolkit lists the same tools, except those that are held back.
            var plain = Compile(World.Toolkit("tk_1", "kit", Owner.Org, ["*"]), kit.Tools);
            var held = kit.Tools.Where(tool => kit.Row.OverrideOf(tool.Address) is { } said && ShapeCompiler.Of(said, tool.Definition).Faults.Count > 0)
                .Select(tool => tool.Address).ToHashSet();
            view.Tools.Select(tool => (tool.Tool.Address, tool.Decision)).ShouldBe(
                plain.Tools.Where(tool => !held.Contains(tool.Tool.Address)).Select(tool => (tool.Tool.Address, tool.Decision)));
            view.EntryOffsets.Length.ShouldBe(view.Surface == ToolSurface.Direct ? view.Tools.Length : 0);
            for (var i = 0; i < view.EntryOffsets.Length; i++)
            {
                var end = i + 1 < view.EntryOffsets.Length ? view.EntryOffsets[i + 1] - 1 : view.ToolsJson.Length - 1 - (view.Asks ? ApprovalTool.Entry.Length + 1 : 0);
                using var entry = JsonDocument.Parse(view.ToolsJson[view.EntryOffsets[i]..end]);
                entry.RootElement.GetProperty("name").GetString().ShouldBe(view.Tools[i].Name);
                entry.RootElement.GetProperty("_meta").GetProperty("toolgate/address").GetString().ShouldBe(view.Tools[i].Tool.Address);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static Tool Make(string connection, string upstream)
        => new(World.Definition("t" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(upstream))[..Math.Min(40, Encoding.UTF8.GetByteCount(upstream) * 2)],
            """{"type":"object"}""", upstreamName: upstream), "src", Owner.Org, connection);

    private static string[] Names(Tool[] tools, params (int Tool, string Name)[] overrides) => ToolNames.Of(tools, World.Toolkit(
        "tk_1", "kit", Owner.Org, [], names: ToolNaming.Upstream, overrides: overrides.Select(pair => new ToolOverride(tools[pair.Tool].Address) { Name = pair.Name })));

    private static ToolView Compile(ToolkitRow row, IReadOnlyCollection<Tool> tools)
    {
        var catalog = World.Catalog(tools);
        return new ViewCompiler(NullLogger<ViewCompiler>.Instance).Compile(ViewInputs.Of(row, catalog, [], new ActivePolicies([], [], [])), 1);
    }

    private static readonly Gen<Tool> Tools =
        from integration in Gen.Elements("a", "b")
        from connection in Gen.Elements("main", "two")
        from name in Gen.Elements("x", "y.z", "call_tool", "a_org_main_x", "b_org_two_y_z", "x y", "q")
        from upstream in Gen.Elements(null, "x", "shared", "a_org_main_x", "search_tools", "x.y", "ü")
        select new Tool(World.Definition(name, """{"type":"object","properties":{"p":{"type":"string"},"q":{"type":"integer"}},"required":["p"]}""", upstreamName: upstream), integration, Owner.Org, connection);

    private static readonly Gen<(ToolkitRow Row, Tool[] Tools)> Kits =
        from tools in Tools.ListOf()
        from overrides in (from name in Gen.Elements(null, "x", "mine", "a_org_main_x", "shared", "b_org_main_y_z")
                           from hide in Gen.Elements<string[]>([], ["q"], ["p"], ["gone"])
                           select (name, hide)).ListOf()
        from naming in Gen.Elements(ToolNaming.Address, ToolNaming.Upstream)
        from surface in Gen.Elements(ToolSurface.Direct, ToolSurface.Direct, ToolSurface.Search)
        let distinct = tools.DistinctBy(tool => tool.Address).ToArray()
        select (World.Toolkit("tk_1", "kit", Owner.Org, ["*"], surface: surface, names: naming,
            overrides: distinct.Zip(overrides).Select(pair => new ToolOverride(pair.First.Address) { Name = pair.Second.name, Hide = [.. pair.Second.hide] })), distinct);
}
