using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Rest.Tests.Paging;

public sealed class PagingTests : IAsyncLifetime
{
    private RestApp app = null!;

    public async Task InitializeAsync() => app = await RestApp.Start();

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public void A_cursor_gives_back_the_key_that_it_was_made_of()
        => Prop.ForAll(
            ArbMap.Default.ArbFor<NonNull<string>>().Filter(text => text.Get.Length is > 0 and < 300 && text.Get.Normalize() is not null && !text.Get.Any(char.IsSurrogate)),
            text => Cursor.TryDecode(Cursor.Encode(text.Get), out var key) && key == text.Get).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("!!")]
    [InlineData("a")]
    [InlineData("_w")]
    public void What_is_no_cursor_is_refused(string cursor) => Cursor.TryDecode(cursor, out _).ShouldBeFalse();

    [Fact]
    public void A_cursor_of_absurd_length_is_refused() => Cursor.TryDecode(new string('A', 2_001), out _).ShouldBeFalse();

    [Fact]
    public void Pages_of_any_size_put_together_are_the_list()
        => Prop.ForAll(Gen.Choose(0, 40).ToArbitrary(), Gen.Choose(1, 45).ToArbitrary(), (count, limit) =>
        {
            var list = Enumerable.Range(0, count).Select(i => $"k{i:00}").ToArray();
            var read = new List<string>();
            string? after = null;
            do
            {
                var page = new PageRequest(limit, after).Cut(list, key => key, key => key);
                read.AddRange(page.Items);
                after = page.NextCursor is { } cursor && Cursor.TryDecode(cursor, out var key) ? key : null;
            }
            while (after is not null);
            return read.SequenceEqual(list);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_last_full_page_has_no_cursor()
        => new PageRequest(2, "b").Cut(["a", "b", "c", "d"], key => key, key => key).NextCursor.ShouldBeNull();

    [Fact]
    public void An_item_that_vanished_between_pages_neither_repeats_nor_hides_another()
        => new PageRequest(2, "b").Cut(["a", "c", "d", "e"], key => key, key => key).Items.ShouldBe(["c", "d"]);

    [Fact]
    public async Task A_page_has_a_hundred_items_when_nothing_is_asked_and_a_thousand_at_most()
    {
        (await app.Send(HttpMethod.Get, "/api/sample/page")).Json.GetProperty("items").GetArrayLength().ShouldBe(100);
        (await app.Send(HttpMethod.Get, "/api/sample/page?limit=1000")).Json.GetProperty("items").GetArrayLength().ShouldBe(250);
    }

    [Theory]
    [InlineData("limit=0", "?limit", "out_of_range")]
    [InlineData("limit=1001", "?limit", "out_of_range")]
    [InlineData("limit=-1", "?limit", "out_of_range")]
    [InlineData("limit=ten", "?limit", "out_of_range")]
    [InlineData("limit=", "?limit", "out_of_range")]
    [InlineData("limit=1&limit=2", "?limit", "out_of_range")]
    [InlineData("cursor=", "?cursor", "invalid_cursor")]
    [InlineData("cursor=%00", "?cursor", "invalid_cursor")]
    public async Task A_page_that_cannot_be_is_unprocessable(string query, string pointer, string code)
    {
        var (status, problem, _) = await app.Send(HttpMethod.Get, "/api/sample/page?" + query);
        status.ShouldBe(422);
        var error = problem.GetProperty("errors").EnumerateArray().ShouldHaveSingleItem();
        (error.GetProperty("pointer").GetString(), error.GetProperty("code").GetString()).ShouldBe((pointer, code));
    }
}
