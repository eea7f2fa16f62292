using System.Text.Json;

namespace Toolgate.Rest.Tests.Versions;

public sealed class IfMatchTests : IAsyncLifetime
{
    private RestApp app = null!;

    public async Task InitializeAsync() => app = await RestApp.Start();

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Theory]
    [InlineData("\"7\"", 7)]
    [InlineData(" \"7\" ", 7)]
    [InlineData("\"0\"", 0)]
    public async Task A_tag_of_ours_is_its_version(string header, long version) => (await Version(header)).GetInt64().ShouldBe(version);

    [Theory]
    [InlineData("*")]
    [InlineData(null)]
    public async Task No_tag_or_a_star_asks_for_no_version(string? header) => (await Version(header)).ValueKind.ShouldBe(JsonValueKind.Null);

    [Theory]
    [InlineData("7")]
    [InlineData("W/\"7\"")]
    [InlineData("\"07\"")]
    [InlineData("\"+7\"")]
    [InlineData("\"-7\"")]
    [InlineData("\"7")]
    [InlineData("\"\"7\"\"")]
    [InlineData("\"\"")]
    [InlineData("\"seven\"")]
    [InlineData("\"99999999999999999999\"")]
    [InlineData("\"6\", \"7\"")]
    public async Task A_tag_that_was_never_issued_matches_nothing(string header) => (await Version(header)).GetInt64().ShouldBe(long.MaxValue);

    [Fact]
    public void A_version_and_its_tag_are_one_to_one() => EntityTag.Of(1_234).ShouldBe("\"1234\"");

    private async Task<JsonElement> Version(string? header)
        => (await app.Send(HttpMethod.Get, "/api/sample/tag", null, header is null ? [] : [("If-Match", header)])).Json.GetProperty("version");
}
