using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.TestSupport;
using ICredentials = Toolgate.Access.ICredentials;

namespace Toolgate.Host.Tests;

/// <summary>A body takes as long as its sender likes; what became of the credential meanwhile counts.</summary>
public sealed class SlowBodyTests : IAsyncLifetime
{
    private readonly Watch watch = new();
    private ToolgateServer server = null!;

    public async Task InitializeAsync() => server = await ToolgateServer.Start(services: services =>
    {
        var real = services.Last(service => service.ServiceType == typeof(ICredentials));
        services.AddSingleton<ICredentials>(provider => new WatchedCredentials((ICredentials)ActivatorUtilities.CreateInstance(provider, real.ImplementationType!), watch));
    });

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task a_key_that_stays_acts_when_the_body_has_come()
    {
        var (_, value) = await Admin("/api/account/api-keys");
        (await Slow(value, () => Task.CompletedTask)).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task a_key_that_is_revoked_while_its_body_comes_does_not_act()
    {
        var (id, value) = await Admin("/api/account/api-keys");
        (await Slow(value, () => server.Api.Delete("/api/account/api-keys/" + id))).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private async Task<(string Id, string Value)> Admin(string path)
    {
        var key = await server.Api.Post(path, new { name = "slow" });
        return (key["id"]!.GetValue<string>(), key["value"]!.GetValue<string>());
    }

    /// <summary>Makes a toolkit: sends half of the body, waits until the server has authenticated, lets something happen, sends the rest.</summary>
    private async Task<HttpStatusCode> Slow(string key, Func<Task> meanwhile)
    {
        watch.Token = key;
        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/toolkits")
        {
            Content = new Halves("{\"owner\":\"org\",\"name\":\"Slow\",", "\"slug\":\"slow\"}", async () =>
            {
                await watch.Verified.Task.WaitAsync(TimeSpan.FromSeconds(60));
                await meanwhile();
            }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private sealed class Halves : HttpContent
    {
        private readonly string first;
        private readonly string second;
        private readonly Func<Task> between;

        public Halves(string first, string second, Func<Task> between)
        {
            (this.first, this.second, this.between) = (first, second, between);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(first));
            await stream.FlushAsync();
            await between();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(second));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class Watch
    {
        public string? Token { get; set; }

        public TaskCompletionSource Verified { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class WatchedCredentials(ICredentials real, Watch watch) : ICredentials
    {
        public Principal? Anonymous => real.Anonymous;

        public Principal? Verify(ReadOnlySpan<char> token)
        {
            var principal = real.Verify(token);
            if (watch.Token is { } wanted && token.SequenceEqual(wanted))
            {
                watch.Verified.TrySetResult();
            }

            return principal;
        }

        public Principal? Find(string credentialId) => real.Find(credentialId);
    }
}
