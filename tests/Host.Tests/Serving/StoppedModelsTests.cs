using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

public sealed class StoppedModelsTests
{
    [Fact]
    public async Task a_node_whose_read_models_have_stopped_lives_but_is_not_ready_and_answers_nothing_old()
    {
        await using var server = await ToolgateServer.Start(services: services => services.AddReadModel<FragileModel>());
        using var anyone = server.Api.Anonymous();
        (await anyone.Send(HttpMethod.Get, "/readyz", expect: 200)).Text.ShouldBe("""{"status":"ready"}""");

        await server.Api.Post("/api/members", new { name = FragileModel.Poison }, expect: 503);

        (await anyone.Send(HttpMethod.Get, "/readyz", expect: 503)).Text.ShouldBe("""{"status":"unavailable"}""");
        (await server.Api.Get("/api/account/me", expect: 503))["type"]!.GetValue<string>().ShouldBe("urn:toolgate:problem:read-models-stopped");
        await anyone.Get("/healthz");
    }

    /// <summary>Stops every model of its host at a member of a certain name.</summary>
    private sealed class FragileModel : ReadModel<FragileModel.Nothing>
    {
        public const string Poison = "Poison";

        public override string Name => "fragile";

        public override int SchemaVersion => 1;

        public override IReadOnlyCollection<Type> Handles => [typeof(MemberJoined)];

        public override Nothing Empty { get; } = new();

        public override Nothing Evolve(Nothing state, StoredEvent e)
            => e.Data is MemberJoined { Name: Poison } ? throw new InvalidDataException("This model does not take that.") : state;

        public override byte[] Serialize(Nothing state) => [];

        public override Nothing Deserialize(ReadOnlySpan<byte> bytes) => new();

        public sealed record Nothing;
    }
}
