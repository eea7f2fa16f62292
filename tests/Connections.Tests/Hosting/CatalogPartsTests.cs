using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;

namespace Toolgate.Connections.Tests.Hosting;

/// <summary>What is made of one owner's part of the catalog stays good while others change theirs.</summary>
public sealed class CatalogPartsTests(ConnectionsServer host) : IClassFixture<ConnectionsServer>
{
    [Fact]
    public async Task Another_owners_connection_leaves_the_same_references_and_an_integration_alone_changes_only_what_can_be_connected_to()
    {
        var slug = await host.Import();
        await host.Connect(slug);
        var (ann, annId) = await host.Member();
        var (ben, benId) = await host.Member();
        await host.Connect(slug, "mine", "user", by: ann);
        var before = Now();
        before.ConnectedBy(annId).ShouldBe([slug]);
        before.ConnectedBy(benId).ShouldBeEmpty();

        await host.Connect(slug, "own", "user", by: ben);
        var after = Now();
        after.ShouldNotBeSameAs(before);
        (after.Org == before.Org, after.Of(annId) == before.Of(annId), after.OffersOf(annId) == before.OffersOf(annId)).ShouldBe((true, true, true));
        after.ConnectedBy(annId).ShouldBeSameAs(before.ConnectedBy(annId));
        after.Integrations.ShouldBeSameAs(before.Integrations);
        after.Of(benId).ShouldNotBeEmpty();

        var other = await host.Import();
        var more = Now();
        more.Integrations.ShouldContain(other);
        more.Org.ShouldBe(after.Org);
        await host.Api.Delete("/api/integrations/" + other);
        Now().Integrations.ShouldNotContain(other);

        await ben.Delete($"/api/connections/user/{slug}/own");
        Now().ConnectedBy(benId).ShouldBeEmpty();
        Now().Of(annId).ShouldBe(before.Of(annId));
    }

    private ToolCatalog Now() => host.Server.Services.GetRequiredService<ICatalog>().At(host.Server.Services.GetRequiredService<IReadModels>().Current);
}
