using Microsoft.AspNetCore.Http;
using Toolgate.Rest;

namespace Toolgate.Toolkits.Tests;

/// <summary>Addresses that are handed out.</summary>
public sealed class PublicOriginTests
{
    [Theory]
    [InlineData(null, "", "http://tools.example:8080")]
    [InlineData("", "/gate", "http://tools.example:8080/gate")]
    [InlineData("https://public.example/", "/gate", "https://public.example")]
    [InlineData("https://public.example/gate", "", "https://public.example/gate")]
    public void The_configured_address_wins_over_the_one_that_was_used(string? configured, string basePath, string origin)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host, request.PathBase) = ("http", new HostString("tools.example", 8080), basePath);
        PublicOrigin.Of(request, configured).ShouldBe(origin);
    }
}
