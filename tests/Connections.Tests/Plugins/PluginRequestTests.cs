using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>From arguments to the request of a route.</summary>
public sealed class PluginRequestTests
{
    private static readonly PluginBinding Create = Binding(0);
    private static readonly PluginBinding List = Binding(1);

    [Fact]
    public async Task What_the_path_takes_goes_into_the_path_and_the_rest_into_the_body_byte_for_byte()
    {
        var request = Build(Create, """{"title":"A \u00e9 1.50","calendar":"team a/b?c#d%41","minutes":30.0}""");
        request.Method.Method.ShouldBe("POST");
        request.RequestUri!.OriginalString.ShouldBe("https://calendar.example.com/api/v1/calendars/team%20a%2Fb%3Fc%23d%2541/events");
        (await request.Content!.ReadAsStringAsync()).ShouldBe("""{"title":"A \u00e9 1.50","minutes":30.0}""");
        request.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
    }

    [Fact]
    public void What_travels_in_the_query_is_encoded_and_arrays_repeat_their_name()
    {
        var request = Build(List, """{"from":"a&b=c d","tags":["x","y&z"],"flag":true,"n":1.50,"none":null}""");
        request.RequestUri!.OriginalString.ShouldBe("https://calendar.example.com/api/v1/events?from=a%26b%3Dc%20d&tags=x&tags=y%26z&flag=true&n=1.50");
        request.Content.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"from":{"a":1}}""", "/from")]
    [InlineData("""{"tags":[["a"]]}""", "/tags")]
    public void The_query_takes_values_only(string arguments, string pointer) => PluginRequest.Build(List, System.Text.Encoding.UTF8.GetBytes(arguments)).Fault!.Pointer.ShouldBe(pointer);

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"calendar":null}""")]
    [InlineData("""{"calendar":""}""")]
    [InlineData("""{"calendar":"."}""")]
    [InlineData("""{"calendar":".."}""")]
    [InlineData("""{"calendar":"%2e%2e"}""")]
    [InlineData("""{"calendar":"..;x"}""")]
    [InlineData("""{"calendar":"a/../b"}""")]
    [InlineData("""{"calendar":"a\\..\\b"}""")]
    [InlineData("""{"calendar":"a\u0000b"}""")]
    [InlineData("""{"calendar":"a%0d%0ab"}""")]
    [InlineData("""{"calendar":["a"]}""")]
    [InlineData("""{"calendar":{}}""")]
    public void What_could_leave_the_path_makes_no_request(string arguments)
        => PluginRequest.Build(Create, System.Text.Encoding.UTF8.GetBytes(arguments)).Fault.ShouldNotBeNull().Pointer.ShouldBe("/calendar");

    [Fact]
    public void No_argument_whatever_it_holds_leaves_the_method_the_host_or_the_path()
    {
        var pieces = Gen.Elements("a", "/", "\\", "..", ".", "%2e", "%2F", "%252e", "?", "#", "@", ":", "//evil.example", ";", " ", "é", "%", "&", "=", "\u202e", "😀");
        var values = pieces.ListOf().Select(parts => string.Concat(parts));
        Prop.ForAll(Arb.From(values.SelectMany(a => values.Select(b => (a, b)))), pair =>
        {
            var arguments = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["calendar"] = pair.a, ["title"] = pair.b });
            return Fits(PluginRequest.Build(Create, arguments), "POST", "/api/v1/calendars/", 6) && Fits(PluginRequest.Build(List, arguments), "GET", "/api/v1/events", 4);
        }).QuickCheckThrowOnFailure();

        static bool Fits(HttpRequestPlan plan, string method, string prefix, int segments)
        {
            if (plan.Request is not { } request)
            {
                return plan.Fault is not null;
            }

            var target = request.RequestUri!.OriginalString;
            var path = target["https://calendar.example.com".Length..].Split('?')[0];
            return request.Method.Method == method && target.StartsWith("https://calendar.example.com/", StringComparison.Ordinal)
                && path.StartsWith(prefix, StringComparison.Ordinal) && path.Split('/').Length == segments
                && !path.Split('/').Any(PathSafety.IsDotSegment) && !target.Contains('#', StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("https://calendar.example.com/x", true)]
    [InlineData("https://FILES.example.com/x", true)]
    [InlineData("https://files.example.com:8443/x", true)]
    [InlineData("http://files.example.com/x", false)]
    [InlineData("https://evil.example.com/x", false)]
    [InlineData("https://calendar.example.com.evil.example/x", false)]
    public void A_call_reaches_declared_hosts_only_and_never_falls_back_to_plain_http(string url, bool allowed) => Create.Allows(new Uri(url), "https").ShouldBe(allowed);

    private static PluginBinding Binding(int tool)
    {
        var manifest = Manifests.Valid();
        return (PluginBinding)PluginCompiler.Compile(manifest, manifest.Tools[tool]).Binding;
    }

    private static HttpRequestMessage Build(PluginBinding binding, string arguments)
    {
        var plan = PluginRequest.Build(binding, System.Text.Encoding.UTF8.GetBytes(arguments));
        plan.Fault.ShouldBeNull();
        return plan.Request!;
    }
}
