using Toolgate.Access;
using Toolgate.Toolkits;

namespace Toolgate.Sessions.Tests;

/// <summary>Changes of resources and of the lists of resources and prompts: who is told, of what, and when it ends.</summary>
public sealed class SubscriptionTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private readonly Gateway gateway = fixture.Gateway;
    private readonly World world = fixture.World;

    [Fact]
    public async Task a_session_is_told_of_the_resources_that_it_follows_under_the_uris_that_it_used()
    {
        var (path, token) = Someone("u1", Offers.Two);
        var session = await gateway.Open(path, token);
        using var stream = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, session));
        foreach (var uri in new[] { "docs://a", "docs://template", "toolgate://docs.org.main/both://x", "docs://a" })
        {
            (await Ask("resources/subscribe", uri)).Result.GetRawText().ShouldBe("{}");
        }

        Followed(session).ShouldBe(["both://x", "docs://a", "docs://template"]);
        Mine(session, "docs://a", """{"uri":"docs://a","future":"line\nbreak"}""");
        (await stream.NextMessage()).ShouldBe(Updated("docs://a"));
        Mine(session, "both://x");
        (await stream.NextMessage()).ShouldBe(Updated("toolgate://docs.org.main/both://x"));

        // A part of what was subscribed to has the name that would lead to it.
        Mine(session, "docs://a", """{"uri":"docs://part"}""");
        (await stream.NextMessage()).ShouldBe(Updated("docs://part"));
        Mine(session, "both://x", """{"uri":"docs://part"}""");
        (await stream.NextMessage()).ShouldBe(Updated("toolgate://docs.org.main/docs://part"));
        Mine(session, "docs://a", """{"uri":"wiki://a"}""");
        (await stream.NextMessage()).ShouldBe(Updated("toolgate://docs.org.main/wiki://a"), "no server speaks of another's resource");
        Mine(session, "docs://template", "[");
        (await stream.NextMessage()).ShouldBe(Updated("docs://template"));

        (await Ask("resources/unsubscribe", "docs://a")).Result.GetRawText().ShouldBe("{}");
        (await Ask("resources/unsubscribe", "never://subscribed")).Result.GetRawText().ShouldBe("{}");
        Followed(session).ShouldBe(["both://x", "docs://template"]);

        Task<Answer> Ask(string method, string uri) => gateway.Ask(Mcp.Post(Mcp.Message(method, $"\"uri\":\"{uri}\""), path, token, session));
    }

    [Fact]
    public async Task what_cannot_be_read_or_does_not_tell_cannot_be_followed()
    {
        var (path, token) = Someone("u2", Offers.Two);
        var session = await gateway.Open(path, token);
        (await Subscribe(path, token, session, "both://x")).ShouldBeError(200, -32002, "Resource not found");
        (await Subscribe(path, token, session, "never://made")).ShouldBeError(200, -32002, "Resource not found");
        (await Subscribe(path, token, session, "wiki://a")).ShouldBeError(200, -32602);
        Followed(session).ShouldBeEmpty();
    }

    [Fact]
    public async Task what_its_client_may_no_longer_read_it_is_not_told_of_and_the_server_is_let_go()
    {
        var (path, token) = Someone("u3", Offers.One("docs://a", "docs://b"));
        var session = await gateway.Open(path, token);
        using var stream = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, session));
        await Subscribe(path, token, session, "docs://a");
        await Subscribe(path, token, session, "docs://b");
        world.Show("u3", "usr_u3", Offers.View("u3", Offers.Of([Offers.Item(Offers.Docs, "docs://b"), Offers.Item(Offers.Wiki, "wiki://a")], [], [])));
        (await stream.NextMessage()).ShouldBe("""{"jsonrpc":"2.0","method":"notifications/resources/list_changed"}""");
        Mine(session, "docs://a");
        Mine(session, "docs://b");
        (await stream.NextMessage()).ShouldBe(Updated("docs://b"));
        await Until(() => Followed(session).SequenceEqual(["docs://b"]));
    }

    [Fact]
    public async Task subscriptions_end_with_their_session()
    {
        var (path, token) = Someone("u4", Offers.Two);
        var session = await gateway.Open(path, token);
        await Subscribe(path, token, session, "docs://a");
        Followed(session).ShouldHaveSingleItem();
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, path, token, session))).Status.ShouldBe(204);
        Followed(session).ShouldBeEmpty();
        world.Released.ShouldContain(SessionIds.PublicOf(session));
    }

    [Fact]
    public async Task a_session_follows_a_bounded_number_of_resources()
    {
        var (path, token) = Someone("u5", Offers.One([.. Enumerable.Range(0, SubscriptionSet.Most + 1).Select(i => "docs://" + i)]));
        var session = await gateway.Open(path, token);
        for (var i = 0; i < SubscriptionSet.Most; i++)
        {
            (await Subscribe(path, token, session, "docs://" + i)).Result.GetRawText().ShouldBe("{}");
        }

        (await Subscribe(path, token, session, "docs://" + SubscriptionSet.Most)).ShouldBeError(200, -32602);
        (await Subscribe(path, token, session, "docs://0")).Result.GetRawText().ShouldBe("{}", "again is not one more");
        await gateway.Ask(Mcp.Post(Mcp.Message("resources/unsubscribe", "\"uri\":\"docs://0\""), path, token, session));
        (await Subscribe(path, token, session, "docs://" + SubscriptionSet.Most)).Result.GetRawText().ShouldBe("{}");
    }

    [Fact]
    public void a_principal_holds_a_bounded_number_over_all_its_sessions()
    {
        var (servers, quota) = (new World(), new SubscriptionQuota());
        var item = Offers.Item(Offers.Docs, "docs://a");
        var sets = Enumerable.Range(0, (SubscriptionQuota.Most / SubscriptionSet.Most) + 1)
            .Select(i => new SubscriptionSet(servers, quota, "usr", "pool" + i, default, () => Offers.Two, _ => { })).ToList();
        foreach (var set in sets)
        {
            for (var i = 0; i < SubscriptionSet.Most; i++)
            {
                set.Add("docs://" + i, item).ShouldBe(set != sets[^1]);
            }
        }

        quota.Of("usr").ShouldBe(SubscriptionQuota.Most);
        sets[0].Dispose();
        sets[0].Add("docs://a", item).ShouldBeFalse("it has ended");
        sets[^1].Add("docs://a", item).ShouldBeTrue();
        sets.ForEach(set => set.Dispose());
        quota.Of("usr").ShouldBe(0);
        servers.Servers.Subscriptions.ShouldBeEmpty();
    }

    [Fact]
    public async Task a_listener_follows_what_can_be_followed_and_is_told_of_it_under_its_subscription()
    {
        var (path, token) = Someone("u6", Offers.Two);
        const string filter = """
            "notifications":{"resourcesListChanged":true,"promptsListChanged":true,"toolsListChanged":false,"resourceSubscriptions":["docs://a","wiki://a","both://x",7,"docs://a","toolgate://docs.org.main/both://x"]},
            """;
        using (var stream = await EventReader.Open(gateway, Mcp.ModernPost(Mcp.Modern("subscriptions/listen", filter, "\"s\""), path, token)))
        {
            (await stream.NextMessage()).ShouldBe(
                """{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s"},"notifications":{"resourcesListChanged":true,"promptsListChanged":true,"resourceSubscriptions":["docs://a","toolgate://docs.org.main/both://x"]}}}""");
            FollowedBy("usr_u6").ShouldBe(["both://x", "docs://a"]);
            foreach (var subscription in world.Servers.Subscriptions.Where(subscription => subscription is { PoolKey: "usr_u6", Uri: "both://x" }))
            {
                subscription.Updated("""{"uri":"both://x"}"""u8.ToArray());
            }

            (await stream.NextMessage()).ShouldBe(
                """{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"toolgate://docs.org.main/both://x","_meta":{"io.modelcontextprotocol/subscriptionId":"s"}}}""");
            world.Show("u6", "usr_u6", Offers.View("u6", Offers.TwoWith(), Tools.Read));
            (await stream.NextMessage()).ShouldBe(
                """{"jsonrpc":"2.0","method":"notifications/prompts/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s"}}}""");
            world.Show("u6", "usr_u6", Offers.View("u6", Offers.One("docs://a"), Tools.Read));
            (await stream.NextMessage()).ShouldBe(
                """{"jsonrpc":"2.0","method":"notifications/resources/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s"}}}""");
        }

        await Until(() => FollowedBy("usr_u6").Length == 0);
    }

    [Fact]
    public async Task a_session_is_told_when_a_list_changed_and_only_then()
    {
        var (path, token) = Someone("u7", Offers.One("docs://a"));
        var session = await gateway.Open(path, token);
        using var stream = await EventReader.Open(gateway, Mcp.Request(HttpMethod.Get, path, token, session));
        world.Show("u7", "usr_u7", Offers.View("u7", Offers.One("docs://a")));
        (await stream.Next()).ShouldBe(":", "the same lists again are not a change");
        world.Show("u7", "usr_u7", Offers.View("u7", Offers.One("docs://a", "docs://b")));
        (await stream.NextMessage()).ShouldBe("""{"jsonrpc":"2.0","method":"notifications/resources/list_changed"}""");
        world.Show("u7", "usr_u7", Offers.View("u7", Offers.Of([Offers.Item(Offers.Docs, "docs://a"), Offers.Item(Offers.Docs, "docs://b")], [], [Offers.Item(Offers.Docs, "p")])));
        (await stream.NextMessage()).ShouldBe("""{"jsonrpc":"2.0","method":"notifications/prompts/list_changed"}""");
    }

    private (string Path, string Token) Someone(string name, OfferView offers)
    {
        world.Admit(name + "-key", new Principal("usr_" + name, name, Role.Member, Scopes.All, "key_" + name));
        world.Show(name, "usr_" + name, Offers.View(name, offers));
        return ("/mcp/toolkits/" + name, name + "-key");
    }

    private Task<Answer> Subscribe(string path, string token, string session, string uri)
        => gateway.Ask(Mcp.Post(Mcp.Message("resources/subscribe", $"\"uri\":\"{uri}\""), path, token, session));

    private string[] Followed(string session) => FollowedBy(SessionIds.PublicOf(session)!);

    private string[] FollowedBy(string poolKey)
        => [.. world.Servers.Subscriptions.Where(subscription => subscription.PoolKey == poolKey).Select(subscription => subscription.Uri).Order(StringComparer.Ordinal)];

    /// <summary>The server tells this session alone.</summary>
    private void Mine(string session, string uri, string? parameters = null)
    {
        foreach (var subscription in world.Servers.Subscriptions.Where(one => one.PoolKey == SessionIds.PublicOf(session) && one.Uri == uri))
        {
            subscription.Updated(System.Text.Encoding.UTF8.GetBytes(parameters ?? $$"""{"uri":"{{uri}}"}"""));
        }
    }

    private static string Updated(string uri) => $$$"""{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"{{{uri}}}"}}""";

    private static async Task Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
