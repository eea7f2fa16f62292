using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

public sealed class TelemetryTests
{
    [Fact]
    public async Task with_an_endpoint_traces_metrics_and_logs_arrive_there()
    {
        await using var receiver = await Receiver.Start();
        await using (var server = await ToolgateServer.Start(new Dictionary<string, string> { ["Toolgate:Telemetry:OtlpEndpoint"] = receiver.Address }))
        {
            await server.Api.Get("/api/account/me");
        }

        // Stopping sends what is buffered, so everything has arrived by now.
        receiver.Bodies("/v1/traces").ShouldContain("/api/account/me");
        receiver.Bodies("/v1/traces").ShouldContain("toolgate");
        receiver.Bodies("/v1/metrics").ShouldContain("http.server.request.duration");
        receiver.Bodies("/v1/logs").ShouldContain("event log is open");
    }

    [Fact]
    public async Task an_endpoint_that_is_no_url_is_a_startup_failure()
    {
        var failure = await Should.ThrowAsync<StartupFailureException>(() => ToolgateServer.Start(
            new Dictionary<string, string> { ["Toolgate:Telemetry:OtlpEndpoint"] = "collector" }));

        failure.Message.ShouldContain("'collector'");
    }

    /// <summary>As much of an OTLP/HTTP collector as it takes to see what arrives.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly ConcurrentQueue<(string Path, string Body)> requests = new();
        private readonly WebApplication app;

        private Receiver()
        {
            var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
            builder.Logging.ClearProviders();
            app = builder.Build();
            app.Run(async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                requests.Enqueue((context.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
                context.Response.ContentType = "application/x-protobuf";
            });
        }

        public string Address => app.Urls.Single();

        public static async Task<Receiver> Start()
        {
            var receiver = new Receiver();
            await receiver.app.StartAsync();
            return receiver;
        }

        public string Bodies(string path) => string.Concat(requests.Where(request => request.Path == path).Select(request => request.Body));

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
