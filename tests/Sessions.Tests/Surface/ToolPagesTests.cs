using Toolgate.TestSupport;
using Toolgate.Toolkits;

namespace Toolgate.Sessions.Tests.Surface;

/// <summary>Pages of <c>tools/list</c>: every tool on exactly one, in order, whatever changes between two of them.</summary>
public sealed class ToolPagesTests
{
    private static readonly ViewTool[] Many = [.. Enumerable.Range(0, 10).Select(i => Tools.Make($"things.t{i}", changes: false))];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(int.MaxValue)]
    public void The_pages_together_are_the_list(int size)
    {
        var view = Tools.View("a", "tk_a", Many);
        var pages = new List<string>();
        string? cursor = null;
        do
        {
            var page = ToolPages.Cut(view, size, cursor).ShouldNotBeNull();
            pages.Add(System.Text.Encoding.UTF8.GetString(page.Entries.Span));
            cursor = page.Next;
        }
        while (cursor is not null);

        pages.Count.ShouldBe(size >= 10 ? 1 : (9 + size) / size);
        ("[" + string.Join(',', pages) + "]").ShouldBe(System.Text.Encoding.UTF8.GetString(view.ToolsJson.Span));
    }

    [Fact]
    public void A_list_that_changed_goes_on_where_the_page_ended()
    {
        var cursor = ToolPages.Cut(Tools.View("a", "tk_a", Many), 4, null)!.Value.Next;
        var changed = Tools.View("a", "tk_a", [.. Many.Where((_, i) => i is not (3 or 5))]);
        Names(ToolPages.Cut(changed, 4, cursor)!.Value).ShouldBe(["things_t4", "things_t6", "things_t7", "things_t8"]);
        Names(ToolPages.Cut(Tools.View("a", "tk_a", Many[..2]), 4, cursor)!.Value).ShouldBeEmpty();
        ToolPages.Cut(Tools.View("a", "tk_a"), 4, cursor)!.Value.Next.ShouldBeNull();
    }

    [Fact]
    public void A_cursor_of_another_resource_or_of_nobody_is_none()
    {
        var cursor = ToolPages.Cut(Tools.View("a", "tk_a", Many), 4, null)!.Value.Next!;
        var other = Tools.View("b", "tk_b", Many);
        ToolPages.Cut(other, 4, cursor).ShouldBeNull();
        foreach (var made in new[] { "", "x", "not base64!", cursor[1..], cursor + "AAAA", new string('A', 5_000), "AAAAAAAAAAAA", "AAAAAAAAAAAAAAAA" })
        {
            ToolPages.Cut(Tools.View("a", "tk_a", Many), 4, made).ShouldBeNull(made);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clients_follow_cursors_where_a_page_size_is_set(bool modern)
    {
        await using var database = await TestDatabase.Create();
        var world = new World();
        world.Show("a", "usr_alice", Many);
        await using var gateway = await Gateway.Start(database, world, ("Sessions:PageSize", "4"));
        var session = modern ? null : await gateway.Open("/mcp/toolkits/a");
        var names = new List<string>();
        string? cursor = null;
        var pages = 0;
        do
        {
            var member = cursor is null ? "" : $"\"cursor\":\"{cursor}\"";
            var answer = await gateway.Ask(modern
                ? Mcp.ModernPost(Mcp.Modern("tools/list", member.Length == 0 ? "" : member + ","), "/mcp/toolkits/a")
                : Mcp.Post(Mcp.Message("tools/list", member), "/mcp/toolkits/a", session: session));
            answer.Status.ShouldBe(200);
            names.AddRange(answer.Result.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!));
            cursor = answer.Result.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
            pages++;
        }
        while (cursor is not null);

        pages.ShouldBe(3);
        names.ShouldBe(Many.Select(tool => tool.Name));
        foreach (var bad in new[] { "\"cursor\":\"nonsense\"", "\"cursor\":7" })
        {
            (await gateway.Ask(modern
                ? Mcp.ModernPost(Mcp.Modern("tools/list", bad + ","), "/mcp/toolkits/a")
                : Mcp.Post(Mcp.Message("tools/list", bad), "/mcp/toolkits/a", session: session))).ShouldBeError(200, -32602);
        }
    }

    private static IEnumerable<string> Names(ToolPage page)
        => System.Text.Json.JsonDocument.Parse("[" + System.Text.Encoding.UTF8.GetString(page.Entries.Span) + "]").RootElement.EnumerateArray()
            .Select(tool => tool.GetProperty("name").GetString()!["demo_org_main_".Length..]);
}
