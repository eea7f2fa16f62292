using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Toolgate.Access;

namespace Toolgate.Connections.Tests.Egress;

public sealed class GuardedFetchTests : IAsyncLifetime
{
    private const int Limit = 1_000;
    private Upstream upstream = null!;

    public async Task InitializeAsync() => upstream = await Upstream.Start(context => Json(context, """{"a":1}"""));

    public async Task DisposeAsync() => await upstream.DisposeAsync();

    [Fact]
    public async Task A_document_is_fetched_without_credentials()
    {
        var fetched = await Get(upstream.Url + "/client.json");

        System.Text.Encoding.UTF8.GetString(fetched.Json!.Value.Span).ShouldBe("""{"a":1}""");
        fetched.Fault.ShouldBeNull();
        var request = upstream.Requests.ShouldHaveSingleItem();
        (request.Method, request.Target).ShouldBe(("GET", "/client.json"));
        request.Headers["Accept"].ShouldBe("application/json");
        request.Headers.Keys.ShouldNotContain("Authorization");
        request.Headers.Keys.ShouldNotContain("Cookie");
    }

    [Theory]
    [InlineData("http://client.example/client.json")]
    [InlineData("ftp://127.0.0.1/client.json")]
    [InlineData("file:///etc/passwd")]
    public async Task Only_https_is_fetched_but_for_this_machine(string url) => (await Get(url)).Fault.ShouldBe("The address is not https.");

    [Theory]
    [InlineData("https://127.0.0.1/client.json")]
    [InlineData("https://[::1]/client.json")]
    [InlineData("https://10.0.0.1/client.json")]
    [InlineData("https://[::ffff:169.254.169.254]/latest")]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://metadata.google.internal/latest")]
    public async Task Private_addresses_are_not_asked(string url)
    {
        var fetched = await Get(url, new EgressOptions());
        fetched.Json.ShouldBeNull();
        fetched.Fault!.ShouldContain("egress rules forbid");
    }

    [Fact]
    public async Task A_name_that_leads_to_a_private_address_is_not_asked()
    {
        (await Get("https://client.example/client.json", new EgressOptions(), new Fixed(IPAddress.Parse("192.168.0.1")))).Fault!.ShouldContain("egress rules forbid");
        upstream.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/elsewhere")]
    [InlineData("http://127.0.0.1:1/")]
    public async Task A_redirect_is_not_followed(string target)
    {
        upstream.Answer = context =>
        {
            context.Response.Redirect(target);
            return Task.CompletedTask;
        };

        (await Get(upstream.Url + "/client.json")).Json.ShouldBeNull();
        upstream.Requests.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(201)]
    [InlineData(204)]
    public async Task Another_status_than_200_is_no_document(int status)
    {
        upstream.Answer = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        (await Get(upstream.Url)).Fault!.ShouldContain($"status {status}");
    }

    [Theory]
    [InlineData("text/html", false)]
    [InlineData("application/jsonp", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("application/cimd+json", true)]
    public async Task What_does_not_call_itself_json_is_no_document(string type, bool accepted)
    {
        upstream.Answer = context => Json(context, "{}", type);
        (await Get(upstream.Url)).Json.HasValue.ShouldBe(accepted);
    }

    [Fact]
    public async Task A_document_that_is_too_long_is_refused_also_when_it_comes_without_a_length()
    {
        upstream.Answer = context => Json(context, new string(' ', Limit + 1));
        (await Get(upstream.Url)).Fault!.ShouldContain("more than 1000 bytes");

        upstream.Answer = async context =>
        {
            context.Response.ContentType = "application/json";
            for (var i = 0; i < 20; i++)
            {
                await context.Response.WriteAsync(new string(' ', 100));
                await context.Response.Body.FlushAsync();
            }
        };
        (await Get(upstream.Url)).Fault!.ShouldContain("more than 1000 bytes");
    }

    [Fact]
    public async Task A_bomb_is_counted_as_what_comes_out_of_it()
    {
        upstream.Answer = async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.Headers.ContentEncoding = "gzip";
            await using var zip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            await zip.WriteAsync(new byte[1_000_000]);
        };
        (await Get(upstream.Url)).Fault!.ShouldContain("more than 1000 bytes");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        var time = new Stopped();
        upstream.Answer = async context =>
        {
            time.Fire();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        (await Get(upstream.Url, time: time)).Fault!.ShouldContain("did not answer within 5 seconds");
    }

    [Fact]
    public async Task Whoever_gives_up_is_not_told_a_fault()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => Get(upstream.Url, cancellationToken: gone.Token));
    }

    [Theory]
    [InlineData(null, 300)]
    [InlineData("max-age=600", 600)]
    [InlineData("public, max-age=600", 600)]
    [InlineData("max-age=0", 60)]
    [InlineData("no-store", 60)]
    [InlineData("no-cache, max-age=600", 60)]
    [InlineData("max-age=31536000", 86_400)]
    [InlineData("private", 300)]
    [InlineData("nonsense", 300)]
    public async Task A_document_is_kept_as_its_headers_say_within_a_minute_and_a_day(string? header, int seconds)
    {
        upstream.Answer = context =>
        {
            context.Response.Headers.CacheControl = header;
            return Json(context, "{}");
        };
        (await Get(upstream.Url)).Lifetime.TotalSeconds.ShouldBe(seconds);
    }

    [Fact]
    public async Task What_a_cache_gave_out_is_kept_for_what_is_left_of_it()
    {
        upstream.Answer = context =>
        {
            context.Response.Headers.CacheControl = "max-age=600";
            context.Response.Headers.Age = "400";
            return Json(context, "{}");
        };
        (await Get(upstream.Url)).Lifetime.TotalSeconds.ShouldBe(200);
    }

    private static Task Json(HttpContext context, string text, string type = "application/json")
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text);
    }

    private static async Task<Fetched> Get(
        string url, EgressOptions? options = null, INameResolver? resolver = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var settings = Options.Create(options ?? new EgressOptions { AllowPrivateNetworks = true });
        using var client = new EgressClient(new EgressConnector(resolver ?? new SystemNameResolver(), new AddressRules(settings), TimeProvider.System), settings);
        return await new GuardedFetch(client, time ?? TimeProvider.System).Get(new Uri(url), Limit, cancellationToken);
    }

    private sealed class Fixed(params IPAddress[] addresses) : INameResolver
    {
        public Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) => Task.FromResult(addresses);
    }

    /// <summary>A clock whose timers fire when a test says so.</summary>
    private sealed class Stopped : TimeProvider
    {
        private Action fire = () => { };

        public void Fire() => fire();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            fire = () => callback(state);
            return new Nothing();
        }

        private sealed class Nothing : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
