namespace Toolgate.Access.Tests;

public sealed class ResourceIndicatorTests
{
    [Theory]
    [InlineData(null, "/mcp")]
    [InlineData("https://gw.example/mcp", "/mcp")]
    [InlineData("https://gw.example/mcp/", "/mcp")]
    [InlineData("HTTPS://GW.example:443/mcp/toolkits/a-b", "/mcp/toolkits/a-b")]
    [InlineData("https://gw.example/mcp/toolkits/a/", "/mcp/toolkits/a")]
    public void it_is_an_endpoint_of_this_deployment(string? text, string path) => ResourceIndicator.PathOf(text, "https://gw.example").ShouldBe(path);

    [Theory]
    [InlineData("")]
    [InlineData("/mcp")]
    [InlineData("http://gw.example/mcp")]
    [InlineData("https://gw.example.evil.example/mcp")]
    [InlineData("https://user@gw.example/mcp")]
    [InlineData("https://gw.example:8443/mcp")]
    [InlineData("https://gw.example/")]
    [InlineData("https://gw.example")]
    [InlineData("https://gw.example/mcp//")]
    [InlineData("https://gw.example/mcp?x")]
    [InlineData("https://gw.example/mcp#x")]
    [InlineData("https://gw.example/x/../mcp")]
    [InlineData("https://gw.example/MCP")]
    [InlineData("https://gw.example/mcp/toolkits/")]
    [InlineData("https://gw.example/mcp/toolkits/A")]
    [InlineData("https://gw.example/mcp/toolkits/a/b")]
    [InlineData("https://gw.example/mcp\n")]
    public void anything_else_is_none(string text) => ResourceIndicator.PathOf(text, "https://gw.example").ShouldBeNull();
}
