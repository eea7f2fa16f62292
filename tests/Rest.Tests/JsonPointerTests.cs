namespace Toolgate.Rest.Tests;

public sealed class JsonPointerTests
{
    [Theory]
    [InlineData("", "a", "/a")]
    [InlineData("/a", "0", "/a/0")]
    [InlineData("/a", "", "/a/")]
    [InlineData("", "a/b", "/a~1b")]
    [InlineData("", "m~n", "/m~0n")]
    [InlineData("", "~1", "/~01")]
    public void A_name_is_escaped_as_RFC_6901_says(string parent, string token, string expected) => JsonPointer.Child(parent, token).ShouldBe(expected);
}
