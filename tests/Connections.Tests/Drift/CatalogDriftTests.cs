using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Connections.Tests.Drift;

/// <summary>What successive catalogs remember.</summary>
public sealed class CatalogDriftTests
{
    private static SourceCatalog Catalog(params (string Name, int Version)[] tools) => OpenApi.Documents.Import(OpenApi.Documents.Of(
        "{ " + string.Join(", ", tools.Select(tool => $"'/{tool.Name}': {{ get: {{ x-toolgate-name: {tool.Name}, description: Version {tool.Version} }} }}")) + " }"));

    private static ToolDefinition Named(ToolDefinition tool, string name) => new()
    {
        Name = name,
        Description = tool.Description,
        AsksByDefault = tool.AsksByDefault,
        ApprovalText = tool.ApprovalText,
        ChangesSomething = tool.ChangesSomething,
        InputSchema = tool.InputSchema,
        ListingMembers = tool.ListingMembers,
        Digest = tool.Digest,
        Binding = tool.Binding,
    };

    private static ToolDefinition Large(ToolDefinition tool, string name, string filler)
    {
        var listing = System.Text.Encoding.UTF8.GetBytes($"\"description\":\"{filler}\",\"inputSchema\":{{}}");
        return new ToolDefinition
        {
            Name = name,
            Description = "Large",
            AsksByDefault = tool.AsksByDefault,
            ApprovalText = tool.ApprovalText,
            ChangesSomething = tool.ChangesSomething,
            InputSchema = listing.AsMemory(listing.Length - 2),
            ListingMembers = listing,
            Digest = "large",
            Binding = tool.Binding,
        };
    }

    private static (string, string)[] Told(SourceCatalog catalog) =>
        [.. catalog.Accepted.Select(tool => (tool.Name, tool.Description))];

    [Fact]
    public void a_new_tool_is_accepted_and_a_changed_one_is_compared_with_what_was_accepted_however_often_it_changes()
    {
        var second = Catalog(("a", 2), ("b", 1), ("new", 1)).After(Catalog(("a", 1), ("b", 1)));
        Told(second).ShouldBe([("a", "Version 1")]);
        second.Tools.Where(second.IsChanged).Select(tool => tool.Name).ShouldBe(["a"]);
        Told(Catalog(("a", 3), ("b", 1), ("new", 1)).After(second)).ShouldBe([("a", "Version 1")]);
        Told(Catalog(("a", 1), ("b", 1), ("new", 1)).After(second)).ShouldBeEmpty("what was accepted is back");
    }

    [Fact]
    public void a_tool_that_may_have_been_forgotten_waits_to_be_accepted_when_it_comes_back()
    {
        var one = Catalog(("x", 1)).Tools[0];
        SourceCatalog Of(IEnumerable<string> names, params ToolDefinition[] more)
            => SourceCatalog.Nothing with { Tools = [.. names.Select(name => Named(one, name)).Concat(more).OrderBy(tool => tool.Name, StringComparer.Ordinal)] };
        string[] madeUp = [.. Enumerable.Range(0, CatalogDrift.MaxRemoved).Select(i => $"a{i:D5}")];

        var dropped = Of(["kept"]).After(Of(["kept", "x", .. madeUp]));
        dropped.HasForgotten.ShouldBeTrue();
        CatalogDrift.Find(dropped.Accepted, "x").ShouldBeNull("the control: it was forgotten");
        var emptied = CatalogCodec.Decode(CatalogCodec.Encode(Of(["kept", .. madeUp]).After(dropped)));
        emptied.Accepted.ShouldBeEmpty("the made up names are back as they were");

        var back = Of(["kept", .. madeUp], Catalog(("x", 2)).Tools[0]).After(emptied);
        back.Tools.Where(back.IsChanged).Select(tool => tool.Name).ShouldBe(["x"]);
        var accepted = back.Accepting(new HashSet<string> { "x" });
        accepted.Tools.Where(accepted.IsChanged).ShouldBeEmpty();
        Of(["kept", .. madeUp], Catalog(("x", 2)).Tools[0]).After(accepted).Accepted.ShouldBeEmpty("an accepted one is known");
    }

    [Fact]
    public void taking_a_tool_away_and_bringing_it_back_otherwise_is_a_change()
    {
        var gone = Catalog(("b", 1)).After(Catalog(("a", 1), ("b", 1)));
        Told(gone).ShouldBe([("a", "Version 1")]);
        var still = Catalog(("b", 1)).After(gone);
        Told(still).ShouldBe([("a", "Version 1")]);
        var back = Catalog(("a", 2), ("b", 1)).After(still);
        back.Tools.Where(back.IsChanged).Select(tool => tool.Name).ShouldBe(["a"]);
        Told(Catalog(("a", 1), ("b", 1)).After(still)).ShouldBeEmpty();
    }

    [Fact]
    public void what_a_person_decides_needs_no_second_yes_but_what_was_open_stays_open()
    {
        var open = Catalog(("a", 2), ("b", 1)).After(Catalog(("a", 1), ("b", 1)));
        var rebased = Catalog(("a", 7), ("b", 7)).InPlaceOf(open);
        rebased.Tools.Where(rebased.IsChanged).Select(tool => tool.Name).ShouldBe(["a"]);
        Told(rebased.Accepting(new HashSet<string> { "a" })).ShouldBeEmpty();
    }

    [Fact]
    public void a_source_that_makes_up_names_does_not_grow_a_catalog_for_ever()
    {
        var one = Catalog(("t00001", 1));
        var many = one with { Tools = [.. Enumerable.Range(1, CatalogDrift.MaxRemoved + 50).Select(i => Named(one.Tools[0], $"t{i:D5}"))] };
        var changed = Catalog(("t00001", 2), ("t99999", 1)).After(many);
        changed.Accepted.Length.ShouldBe(CatalogDrift.MaxRemoved + 1);
        changed.Tools.Count(changed.IsChanged).ShouldBe(1);
    }

    [Fact]
    public void a_source_that_goes_on_changing_large_definitions_does_not_grow_a_catalog_and_stays_flagged()
    {
        var one = Catalog(("t00001", 1));
        var filler = new string('x', 1_000_000);
        var large = one with { Tools = [.. Enumerable.Range(1, 40).Select(i => Large(one.Tools[0], $"t{i:D5}", filler))] };
        var small = one with { Tools = [.. Enumerable.Range(1, 30).Select(i => Named(one.Tools[0], $"t{i:D5}"))] };

        var changed = small.After(large);
        var encoded = CatalogCodec.Encode(changed);

        encoded.Length.ShouldBeLessThan(CatalogDrift.MaxRememberedBytes + 1_000_000);
        var stored = CatalogCodec.Decode(encoded);
        stored.Tools.ShouldAllBe(tool => stored.IsChanged(tool));
        stored.Accepted.Select(tool => tool.Digest).ShouldAllBe(digest => digest == "large");
        foreach (var change in ToolChange.In(stored))
        {
            ToolChange.Of(change, blockOnChange: true).Accepted.Digest.ShouldBe("large");
        }
    }

    [Fact]
    public void what_is_remembered_is_stored()
    {
        var second = Catalog(("a", 2)).After(Catalog(("a", 1), ("b", 1)));
        Told(CatalogCodec.Decode(CatalogCodec.Encode(second))).ShouldBe(Told(second));
    }

    /// <summary>The law behind it all, against the plainest model: the last accepted definition of every name that there was.</summary>
    [Fact]
    public void a_tool_is_flagged_exactly_when_it_differs_from_its_last_accepted_definition()
    {
        var names = new[] { "a", "b", "c" };
        var version = Gen.Choose(0, 3);
        var step = version.ListOf(names.Length).Select(versions => names.Zip(versions).Where(pair => pair.Second > 0).ToArray());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), Prop.ForAll(Arb.From(step.ListOf(5)), steps =>
        {
            var catalog = Catalog();
            var model = new Dictionary<string, int>();
            foreach (var tools in steps)
            {
                catalog = Catalog([.. tools]).After(catalog);
                foreach (var (name, number) in tools)
                {
                    model.TryAdd(name, number);
                }

                var flagged = catalog.Tools.Where(catalog.IsChanged).Select(tool => tool.Name);
                if (!flagged.SequenceEqual(tools.Where(tool => model[tool.First] != tool.Second).Select(tool => tool.First).Order(StringComparer.Ordinal)))
                {
                    return false;
                }
            }

            return true;
        }));
    }

    [Fact]
    public void only_what_was_seen_is_accepted_and_all_or_nothing()
    {
        var catalog = Catalog(("a", 2), ("b", 2), ("same", 1)).After(Catalog(("a", 1), ("b", 1), ("gone", 1), ("same", 1)));
        string Digest(string name) => (CatalogDrift.Find(catalog.Tools, name) ?? CatalogDrift.Find(catalog.Accepted, name))!.Digest;
        var (next, accepted, _) = AcceptingChanges.Decide(catalog, [new("a", Digest("a")), new("gone", Digest("gone")), new("same", Digest("same"))]);
        accepted.Select(tool => tool.Name).ShouldBe(["a", "gone"]);
        Told(next!).ShouldBe([("b", "Version 1")]);
        AcceptingChanges.Decide(catalog, [new("a", Digest("a")), new("b", Digest("a"))]).Rejection.ShouldNotBeNull().ShouldSatisfyAllConditions(
            it => it.Code.ShouldBe("digest_mismatch"), it => it.Pointer.ShouldBe("/tools/1/digest"));
        AcceptingChanges.Decide(catalog, [new("nowhere", "x")]).Rejection.ShouldNotBeNull().Code.ShouldBe("tool_not_found");
        AcceptingChanges.Decide(catalog, [new("b", CatalogDrift.Find(catalog.Accepted, "b")!.Digest)]).Rejection.ShouldNotBeNull().Code.ShouldBe("digest_mismatch");
    }
}
