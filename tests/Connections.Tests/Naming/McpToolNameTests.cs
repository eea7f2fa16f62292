using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Connections.Tests.Naming;

/// <summary>MCP names of addresses.</summary>
public sealed partial class McpToolNameTests
{
    [Theory]
    [InlineData("github.org.main.issues.create", "github_org_main_issues_create")]
    [InlineData("toolgate.policies.list", "toolgate_policies_list")]
    [InlineData("my-api.user.work.items.get", "my-api_user_work_items_get")]
    [InlineData("a.org.m.create_issue", "a__org__m__create_issue")]
    [InlineData("a.org.m.create__issue", "a_org_m_create_issue___")]
    [InlineData("a.org.m._private", "a_org_m_private___")]
    [InlineData("a.org.m.größe", "a_org_m_gr_e___")]
    [InlineData("github.org.main.packages.listDockerMigrationConflictingPackagesForAuthenticatedUser", "github_org_main_packages_listDockerMigrat___")]
    public void golden_names(string address, string expected)
    {
        var name = McpToolName.Of(address);
        if (expected.EndsWith("___", StringComparison.Ordinal))
        {
            name.Length.ShouldBe(expected.Length + 20);
            name[..^20].ShouldBe(expected);
        }
        else
        {
            name.ShouldBe(expected);
        }
    }

    [Fact]
    public void every_name_is_short_and_of_the_allowed_characters() => Prop.ForAll(Arb.From(Addresses()), address => Allowed().IsMatch(McpToolName.Of(address)))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void different_addresses_have_different_names()
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), Prop.ForAll(Arb.From(Addresses()), address =>
            names.TryAdd(McpToolName.Of(address), address) || names[McpToolName.Of(address)] == address));
        names.Count.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public void segments_that_only_underscores_tell_apart_stay_apart()
    {
        string[] addresses = ["a.b.c", "a.b_c", "a_b.c", "a_b_c.d", "a.b__c", "a__b.c", "a._b.c", "a.b_.c", "a.b._c", "a..b.c", "a.b.c_", "_a.b.c", "a.b-c", "A.b.c"];
        addresses.Select(McpToolName.Of).ShouldBeUnique();
    }

    private static Gen<string> Addresses()
    {
        var piece = Gen.Elements("a", "b", "_", "__", ".", "-", "A", "9", "ü", "日", " ", "issues", new string('x', 40));
        var free = piece.ListOf().Select(string.Concat);
        var segment = Gen.Elements("a", "b", "a_b", "_", "c-d", "E1", "a__b", "a_");
        var grammatical = from count in Gen.Choose(3, 6) from segments in segment.ListOf(count) select string.Join('.', segments);
        return Gen.OneOf(free, grammatical);
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_-]{1,64}\z")]
    private static partial Regex Allowed();
}
