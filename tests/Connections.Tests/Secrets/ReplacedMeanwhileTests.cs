using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Toolgate.Access;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.EventStore;

namespace Toolgate.Connections.Tests.Secrets;

public sealed class ReplacedMeanwhileTests(ConnectionsServer host) : IClassFixture<ConnectionsServer>
{
    private static readonly object[] KeyTemplate = [new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key" } } }];

    [Fact]
    public async Task A_call_that_opens_a_secret_which_was_just_replaced_takes_the_new_one()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        await host.Connect(slug, template: "key", values: new { token = "first" });
        var models = new Behind(host.Server.Services.GetRequiredService<IReadModels>());
        await host.Api.Put($"/api/connections/org/{slug}/main/credentials", new { values = new { token = "second" } }, 200);
        using var auths = Auths(models);
        var found = await auths.Find(new ConnectionKey(Owner.Org, slug, "main"), default);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://upstream.test/");
        found.ShouldNotBeNull().AddTo(request);
        request.Headers.GetValues("X-Key").ShouldBe(["second"]);
    }

    [Fact]
    public async Task A_connection_that_was_just_removed_has_none()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        await host.Connect(slug, template: "key", values: new { token = "first" });
        var models = new Behind(host.Server.Services.GetRequiredService<IReadModels>());
        await host.Api.Delete($"/api/connections/org/{slug}/main");
        using var auths = Auths(models);
        (await auths.Find(new ConnectionKey(Owner.Org, slug, "main"), default)).ShouldBeNull();
    }

    private ConnectionAuth Auths(IReadModels models) => ActivatorUtilities.CreateInstance<ConnectionAuth>(host.Server.Services, models, NullLogger<ConnectionAuth>.Instance);

    /// <summary>A node that has not heard of the latest events until it waits for them.</summary>
    private sealed class Behind(IReadModels models) : IReadModels
    {
        private readonly ReadSnapshot old = models.Current;
        private volatile bool waited;

        public event Action<ReadSnapshot>? Published
        {
            add => models.Published += value;
            remove => models.Published -= value;
        }

        public ReadSnapshot Current => waited ? models.Current : old;

        public bool CaughtUp => models.CaughtUp;

        public Exception? Fault => models.Fault;

        public async ValueTask WaitFor(long position, CancellationToken cancellationToken = default)
        {
            await models.WaitFor(position, cancellationToken);
            waited = true;
        }

        public Task<ReadSnapshot> At(long position, CancellationToken cancellationToken = default) => models.At(position, cancellationToken);
    }
}
