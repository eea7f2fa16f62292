using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Toolgate.Connections.Tests.Hosting;

public sealed class InvocationTests(ConnectionsServer host) : IClassFixture<ConnectionsServer>
{
    [Fact]
    public async Task A_json_answer_is_structured_content_and_text_byte_for_byte()
    {
        const string json = """{"b": 1.50, "a": [1e3, "ü \" \\ \n"], "b2": {}}""";
        var (outcome, received) = await Answering(async context =>
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.WriteAsync(json);
        }, "issues.createIssue", """{"body":{"title":"a", "x": 1.0}}""");
        outcome.Structured().ShouldBe(json);
        outcome.Text().ShouldBe(json);
        (received.Method, received.Target, received.Body).ShouldBe(("POST", "/issues", """{"title":"a", "x": 1.0}"""));
        received.Headers["Content-Type"].ShouldBe("application/json");
        received.Headers["User-Agent"].ShouldStartWith("Toolgate/");
    }

    [Fact]
    public async Task Text_is_text_in_its_charset()
    {
        (await Answered("text/plain; charset=iso-8859-1", [0x67, 0x72, 0xFC, 0x6E])).Text().ShouldBe("grün");
        (await Answered("text/html", "<b>ü</b>"u8.ToArray())).Text().ShouldBe("<b>ü</b>");
        (await Answered("text/plain", [0x61, 0xFF])).Text().ShouldBe("a\uFFFD");
        (await Answered("", "plain"u8.ToArray())).Text().ShouldBe("plain");
        (await Answered("text/plain", "x"u8.ToArray())).Structured().ShouldBeEmpty();
    }

    [Fact]
    public async Task Bytes_are_a_resource_and_pictures_are_pictures()
    {
        var resource = (await Answered("application/zip", [1, 2, 255])).First();
        resource["type"]!.GetValue<string>().ShouldBe("resource");
        resource["resource"]!["mimeType"]!.GetValue<string>().ShouldBe("application/zip");
        resource["resource"]!["blob"]!.GetValue<string>().ShouldBe(Convert.ToBase64String([1, 2, 255]));
        resource["resource"]!["uri"]!.GetValue<string>().ShouldEndWith("/issues");
        var image = (await Answered("image/png", [1, 2])).First();
        (image["type"]!.GetValue<string>(), image["mimeType"]!.GetValue<string>(), image["data"]!.GetValue<string>()).ShouldBe(("image", "image/png", "AQI="));
    }

    [Fact]
    public async Task No_content_is_empty_text()
    {
        var (outcome, _) = await Answering(context =>
        {
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        });
        outcome.Text().ShouldBe("");
        outcome.Structured().ShouldBeEmpty();
        outcome.ShouldBeOfType<ToolOutcome.Answered>().UpstreamStatus.ShouldBe(204);
        (await Answered("application/json", [])).Text().ShouldBe("");
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("<html>")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":\"\u0001\"}")]
    public async Task Json_that_is_none_is_the_upstreams_fault(string body)
        => (await Answered("application/json", Encoding.UTF8.GetBytes(body))).Error().Code.ShouldBe("invalid_upstream_output");

    [Fact]
    public async Task Json_in_broken_utf8_is_the_upstreams_fault()
        => (await Answered("application/json", [(byte)'"', 0xFF, (byte)'"'])).Error().Code.ShouldBe("invalid_upstream_output");

    [Fact]
    public async Task Json_nested_beyond_reason_is_the_upstreams_fault()
        => (await Answered("application/json", Encoding.UTF8.GetBytes(new string('[', 40_000) + new string(']', 40_000)))).Error().Code.ShouldBe("invalid_upstream_output");

    [Theory]
    [InlineData(400, "upstream_http_error", false, true)]
    [InlineData(404, "upstream_http_error", false, true)]
    [InlineData(429, "upstream_http_error", true, true)]
    [InlineData(500, "upstream_http_error", false, false)]
    [InlineData(503, "upstream_http_error", true, false)]
    [InlineData(401, "connection_rejected", false, false)]
    [InlineData(403, "connection_rejected", false, false)]
    [InlineData(304, "upstream_http_error", false, false)]
    public async Task A_refusal_has_its_status_and_shows_words_only_about_the_callers_mistake(int status, string code, bool retryable, bool shown)
    {
        var (outcome, _) = await Answering(async context =>
        {
            context.Response.StatusCode = status;
            if (status != 304)
            {
                await context.Response.WriteAsync("the reason: /srv/app/secret.cs line 5");
            }
        });
        var error = outcome.Error();
        (error.Code, error.Retryable, error.UpstreamStatus).ShouldBe((code, retryable, status));
        JsonNode.Parse(error.Details())!["status"]!.GetValue<int>().ShouldBe(status);
        error.Details().Contains("the reason", StringComparison.Ordinal).ShouldBe(shown);
        error.Message.ShouldNotContain("the reason");
    }

    [Fact]
    public async Task An_excerpt_is_short_and_never_repeats_a_credential()
    {
        await using var mirror = await Upstream.Start(async context =>
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync("bad key " + context.Request.Headers["X-Key"] + " " + context.Request.QueryString.Value + new string('x', 50_000));
        });
        var slug = await host.Import(mirror.Url, authTemplates: new[]
        {
            new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key", variable = "one" }, new { carrier = "query", name = "k", variable = "two" } } },
        });
        await host.Connect(slug, template: "key", values: new { one = "canary-one", two = "canary two/&" });
        var error = (await host.Call($"{slug}.org.main.issues.listIssues")).Error();
        mirror.Requests.Single().Headers["X-Key"].ShouldBe("canary-one");
        error.Details().ShouldContain("bad key ***");
        error.Details().ShouldNotContain("canary");
        error.Details.Length.ShouldBeLessThan(3_000);
    }

    [Theory]
    [InlineData(1_990)]
    [InlineData(1_980)]
    [InlineData(1_999)]
    public async Task A_credential_at_the_cut_of_an_excerpt_shows_no_part_of_itself(int before)
    {
        await using var mirror = await Upstream.Start(async context =>
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync(new string('x', before) + context.Request.Headers["X-Key"] + new string('y', 50));
        });
        var slug = await host.Import(mirror.Url, authTemplates: new[] { new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key" } } } });
        await host.Connect(slug, template: "key", values: new { token = "canary-in-a-coal-mine" });
        var excerpt = JsonNode.Parse((await host.Call($"{slug}.org.main.issues.listIssues")).Error().Details())!["excerpt"]!.GetValue<string>();
        excerpt.ShouldBe(new string('x', before) + "***");
    }

    [Fact]
    public async Task Every_kind_of_template_reaches_the_upstream_exactly()
    {
        const string security = """
            "components": {"securitySchemes": {
              "email": {"type": "apiKey", "in": "header", "name": "X-Auth-Email"},
              "key": {"type": "apiKey", "in": "header", "name": "X-Auth-Key"},
              "basicAuth": {"type": "http", "scheme": "basic"},
              "bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"email": [], "key": []}, {"basicAuth": []}, {"bearer": []}],
            """;
        var slug = await host.Import(security: security);
        var templates = (await host.Api.Get($"/api/integrations/{slug}"))["authTemplates"]!.AsArray();
        string Slug(Func<JsonNode, bool> which) => templates.Single(template => which(template!))!["slug"]!.GetValue<string>();
        var multi = templates.Single(template => template!["placements"]!.AsArray().Count == 2)!;
        var variables = multi["variables"].Strings();
        variables.Length.ShouldBe(2);
        await host.Connect(slug, "multi", template: multi["slug"]!.GetValue<string>(), values: variables.ToDictionary(name => name, name => "value of " + name));
        await host.Connect(slug, "basic", template: Slug(template => template["kind"]!.GetValue<string>() == "basic"), values: new { username = "ann", password = "pä:ss" });
        await host.Connect(slug, "bearer", template: Slug(template => template["placements"]!.AsArray() is [{ } one] && one["name"]!.GetValue<string>() == "Authorization"), values: new { token = "t0k" });

        host.Upstream.Requests.Clear();
        foreach (var name in new[] { "multi", "basic", "bearer" })
        {
            (await host.Call($"{slug}.org.{name}.issues.listIssues")).ShouldBeOfType<ToolOutcome.Answered>();
        }

        var received = host.Upstream.Requests.ToArray();
        new[] { received[0].Headers["X-Auth-Email"], received[0].Headers["X-Auth-Key"] }.ShouldBe(variables.Select(name => "value of " + name), ignoreOrder: true);
        received[1].Headers["Authorization"].ShouldBe("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("ann:pä:ss")));
        received[2].Headers["Authorization"].ShouldBe("Bearer t0k");
    }

    [Fact]
    public async Task Arguments_are_checked_before_anything_is_sent()
    {
        var slug = await host.Import();
        await host.Connect(slug);
        host.Upstream.Requests.Clear();
        var invoker = host.Server.Services.GetRequiredService<IToolInvoker>();
        invoker.Check(host.Find($"{slug}.org.main.issues.getIssue"), "{}"u8.ToArray()).ShouldHaveSingleItem().Code.ShouldBe("required");
        invoker.Check(host.Find($"{slug}.org.main.issues.getIssue"), """{"id":"7"}"""u8.ToArray()).ShouldBeEmpty();
        (await host.Call($"{slug}.org.main.issues.getIssue", """{"id":".."}""")).Error().Code.ShouldBe("invalid_arguments");
        host.Upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_trace_of_the_caller_reaches_the_upstream()
    {
        var slug = await host.Import();
        await host.Connect(slug);
        host.Upstream.Requests.Clear();
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        await host.Call($"{slug}.org.main.issues.listIssues");
        host.Upstream.Requests.Single().Headers["traceparent"].ShouldContain(activity.TraceId.ToString());
    }

    [Fact]
    public async Task An_upstream_that_is_not_there_is_unavailable_and_not_an_authentication_error()
    {
        var gone = await Upstream.Start(ConnectionsServer.Default);
        var url = gone.Url;
        await gone.DisposeAsync();
        var error = (await Calling(url)).Error();
        (error.Code, error.Retryable).ShouldBe(("upstream_unavailable", true));
        error.Message.ShouldNotContain("127.0.0.1");
    }

    [Fact]
    public async Task Headers_that_do_not_come_and_a_body_that_drips_end_at_the_deadline()
    {
        await using var silent = new RawUpstream((_, stop) => Task.Delay(Timeout.Infinite, stop));
        (await Calling(silent.Url)).Error().Code.ShouldBe("upstream_timeout");

        await using var dripping = new RawUpstream(async (stream, stop) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"u8.ToArray(), stop);
            while (true)
            {
                await stream.WriteAsync(" "u8.ToArray(), stop);
                await Task.Delay(100, stop);
            }
        });
        var clock = Stopwatch.StartNew();
        (await Calling(dripping.Url)).Error().Code.ShouldBe("upstream_timeout");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task An_answer_that_never_ends_is_stopped_at_the_limit()
    {
        await using var endless = new RawUpstream(async (stream, stop) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"u8.ToArray(), stop);
            var junk = new byte[65_536];
            while (true)
            {
                await stream.WriteAsync(junk, stop);
            }
        });
        (await Calling(endless.Url)).Error().Code.ShouldBe("upstream_too_large");
    }

    [Fact]
    public async Task A_decompression_bomb_is_stopped_at_the_limit()
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[20_000_000]);
        }

        compressed.Length.ShouldBeLessThan(100_000, "the control: it is small on the wire");
        var (outcome, _) = await Answering(async context =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.Body.WriteAsync(compressed.ToArray());
        });
        outcome.Error().Code.ShouldBe("upstream_too_large");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}", "upstream_unavailable")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", "upstream_unavailable")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "upstream_unavailable")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n", "invalid_upstream_output")]
    [InlineData("", "upstream_unavailable")]
    public async Task An_upstream_that_breaks_http_is_a_tool_error(string bytes, string code)
    {
        await using var broken = new RawUpstream(async (stream, stop) => await stream.WriteAsync(Encoding.ASCII.GetBytes(bytes), stop));
        (await Calling(broken.Url)).Error().Code.ShouldBe(code);
    }

    [Fact]
    public async Task Headers_without_end_are_too_large()
    {
        await using var broken = new RawUpstream(async (stream, stop) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), stop);
            while (true)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes("X-Junk: " + new string('x', 8_000) + "\r\n"), stop);
            }
        });
        (await Calling(broken.Url)).Error().Code.ShouldBe("upstream_too_large");
    }

    [Fact]
    public async Task A_redirect_to_a_metadata_address_is_refused()
    {
        var (outcome, _) = await Answering(context =>
        {
            context.Response.Redirect("http://169.254.169.254/latest/meta-data/");
            return Task.CompletedTask;
        });
        (outcome.Error().Code, outcome.Error().Retryable).ShouldBe(("upstream_unavailable", false));
        outcome.Error().Message.ShouldContain("egress rules");
    }

    [Fact]
    public async Task The_callers_cancellation_is_passed_on_and_thrown()
    {
        var left = new TaskCompletionSource();
        var arrived = new TaskCompletionSource();
        await using var slow = await Upstream.Start(async context =>
        {
            arrived.SetResult();
            using var gone = context.RequestAborted.Register(left.SetResult);
            await left.Task;
        });
        var slug = await host.Import(slow.Url);
        await host.Connect(slug);
        using var caller = new CancellationTokenSource();
        var call = host.Call($"{slug}.org.main.issues.listIssues", cancellationToken: caller.Token).AsTask();
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await caller.CancelAsync();
        (await Should.ThrowAsync<OperationCanceledException>(() => call)).CancellationToken.ShouldBe(caller.Token);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private async Task<ToolOutcome> Calling(string url)
    {
        var slug = await host.Import(url);
        await host.Connect(slug);
        return await host.Call($"{slug}.org.main.issues.listIssues");
    }

    private async Task<ToolOutcome> Answered(string contentType, byte[] body) => (await Answering(async context =>
    {
        if (contentType.Length > 0)
        {
            context.Response.ContentType = contentType;
        }

        await context.Response.Body.WriteAsync(body);
    })).Outcome;

    private async Task<(ToolOutcome Outcome, Received Request)> Answering(RequestDelegate answer, string tool = "issues.listIssues", string arguments = "{}")
    {
        await using var upstream = await Upstream.Start(answer);
        var slug = await host.Import(upstream.Url);
        await host.Connect(slug);
        var outcome = await host.Call($"{slug}.org.main.{tool}", arguments);
        return (outcome, upstream.Requests.First());
    }
}
