using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Connections.Tests.Connecting;

public sealed class ConnectionNameTests
{
    [Theory]
    [InlineData("My Main Account!", "myMainAccount")]
    [InlineData("main", "main")]
    [InlineData("myMainAccount", "myMainAccount")]
    [InlineData("  work-account_2 ", "workAccount2")]
    [InlineData("2nd account", "connection2ndAccount")]
    [InlineData("", "connection")]
    [InlineData("!!!", "connection")]
    [InlineData("Ünïcode", "nCode")]
    [InlineData("a.b.c", "aBC")]
    [InlineData(null, "connection")]
    public void A_name_becomes_a_camel_case_identifier(string? text, string expected) => ConnectionName.Normalise(text).ShouldBe(expected);

    [Fact]
    public void Every_name_is_one_segment_of_an_address_and_stays_as_it_is_the_second_time() => Prop.ForAll<string?>(text =>
    {
        var name = ConnectionName.Normalise(text);
        return name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(char.IsAsciiLetterOrDigit) && ConnectionName.Normalise(name) == name;
    }).QuickCheckThrowOnFailure();
}
