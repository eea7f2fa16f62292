using System.Text.Json.Nodes;

namespace Toolgate.Acceptance.Tests;

/// <summary>A session belongs to one resource, one principal and one credential (MCP.md "A session belongs to one resource").</summary>
public sealed class SessionTests(World world) : IClassFixture<World>
{
    private const string OtherResource = "Session belongs to a different MCP resource";
    private const string OtherPrincipal = "Session belongs to a different MCP principal";
    private static readonly string[] Resources = ["default", "A", "B"];
    private static readonly string[] Verbs = ["POST", "GET", "DELETE"];
    private static Task<Cast>? cast;

    public static TheoryData<string, string, string, string> Matrix
    {
        get
        {
            var matrix = new TheoryData<string, string, string, string>();
            foreach (var verb in Verbs)
            {
                foreach (var minted in Resources)
                {
                    foreach (var used in Resources)
                    {
                        foreach (var who in new[] { "same", "other credential", "other principal" })
                        {
                            matrix.Add(verb, minted, used, who);
                        }
                    }
                }
            }

            return matrix;
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task A_session_answers_only_at_the_resource_and_to_the_credential_that_it_was_made_for(string verb, string minted, string used, string who)
    {
        var (paths, mine, secondKey, stranger) = await (cast ??= NewCast());
        var session = await world.Mcp(paths[minted], mine).Initialize();
        var mcp = world.Mcp(paths[used], who switch { "same" => mine, "other credential" => secondKey, _ => stranger });
        var answer = await Send(mcp, verb, session);

        if (minted == used && who == "same")
        {
            answer.Status.ShouldBe(verb == "DELETE" ? 204 : 200, answer.ToString());
            return;
        }

        answer.Status.ShouldBe(403, answer.ToString());
        var error = answer.Json.GetProperty("error");
        error.GetProperty("code").GetInt32().ShouldBe(-32003);
        error.GetProperty("message").GetString().ShouldBe(minted == used ? OtherPrincipal : OtherResource);
        // The refusal did no harm: its owner can still use it where it belongs.
        (await world.Mcp(paths[minted], mine).ListInSession(session)).Expect(200);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task An_unknown_or_ended_session_is_not_found(string verb)
    {
        var mcp = world.Mcp("/mcp", world.Server.OwnerKey);
        var session = await mcp.Initialize();
        (await mcp.End(session)).Expect(204);
        foreach (var id in new[] { session, "no-such-session" })
        {
            var error = (await Send(mcp, verb, id)).Expect(404).Json.GetProperty("error");
            error.GetProperty("code").GetInt32().ShouldBe(-32001);
            error.GetProperty("message").GetString().ShouldBe("Session not found");
        }
    }

    [Fact]
    public async Task Without_a_session_only_initialize_is_understood()
    {
        var mcp = world.Mcp("/mcp", world.Server.OwnerKey);
        (await mcp.Post(Mcp.Request("tools/list", []))).Expect(400).Json.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32000);
        (await mcp.Send(HttpMethod.Get, null, ("Accept", "text/event-stream"))).Expect(400).Json.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32000);
    }

    [Fact]
    public async Task A_session_header_means_nothing_in_the_stateless_era()
    {
        var answer = (await world.Mcp("/mcp", world.Server.OwnerKey).Stateless("tools/list", null, ("Mcp-Session-Id", "no-such-session"))).Expect(200);
        answer.Header("Mcp-Session-Id").ShouldBeNull();
        var result = answer.Json.GetProperty("result");
        result.GetProperty("resultType").GetString().ShouldBe("complete");
        result.GetProperty("ttlMs").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        result.GetProperty("cacheScope").GetString().ShouldBeOneOf("private", "public");
    }

    [Fact]
    public async Task What_the_transport_cannot_read_has_its_own_status()
    {
        var mcp = world.Mcp("/mcp", world.Server.OwnerKey);
        var ping = Mcp.Request("ping", []).ToJsonString();
        (await mcp.Send(HttpMethod.Post, ping, ("Accept", "application/json"))).Expect(406);
        (await mcp.Send(HttpMethod.Post, ping, ("Accept", "application/json, text/event-stream"), ("Content-Type", "text/plain"))).Expect(415);
        Code(await mcp.Send(HttpMethod.Post, "{not json", ("Accept", "application/json, text/event-stream")), 400).ShouldBe(-32700);
        (await mcp.Send(HttpMethod.Post, new string(' ', 4 * 1024 * 1024) + ping, ("Accept", "application/json, text/event-stream"))).Expect(413);
        (await mcp.Send(HttpMethod.Put, ping)).Expect(405).Header("Allow").ShouldNotBeNull();
        (await mcp.Send(HttpMethod.Options, null)).Expect(204);
        Code(await mcp.Stateless("tools/list", null, ("Origin", "https://evil.example.com")), 403).ShouldBe(-32000);
    }

    [Fact]
    public async Task The_stateless_era_checks_its_headers_and_names_what_it_supports()
    {
        var mcp = world.Mcp("/mcp", world.Server.OwnerKey);
        var meta = new JsonObject { ["io.modelcontextprotocol/protocolVersion"] = Mcp.Modern, ["io.modelcontextprotocol/clientCapabilities"] = new JsonObject() };
        var list = Mcp.Request("tools/list", new JsonObject { ["_meta"] = meta.DeepClone() });
        Code(await mcp.Post(list, ("MCP-Protocol-Version", Mcp.Modern)), 400).ShouldBe(-32020);
        Code(await mcp.Post(list, ("MCP-Protocol-Version", Mcp.Modern), ("Mcp-Method", "tools/call")), 400).ShouldBe(-32020);
        Code(await mcp.Stateless("no/such/method"), 404).ShouldBe(-32601);
        Code(await mcp.Stateless("ping"), 404).ShouldBe(-32601);

        meta["io.modelcontextprotocol/protocolVersion"] = "2099-01-01";
        var future = await mcp.Post(Mcp.Request("tools/list", new JsonObject { ["_meta"] = meta }), ("MCP-Protocol-Version", "2099-01-01"), ("Mcp-Method", "tools/list"));
        Code(future, 400).ShouldBe(-32022);
        var data = future.Json.GetProperty("error").GetProperty("data");
        data.GetProperty("requested").GetString().ShouldBe("2099-01-01");
        var discovered = (await mcp.Stateless("server/discover")).Expect(200).Json.GetProperty("result");
        data.GetProperty("supported").EnumerateArray().Select(version => version.GetString())
            .ShouldBeSubsetOf(discovered.GetProperty("supportedVersions").EnumerateArray().Select(version => version.GetString()));
        discovered.GetProperty("_meta").GetProperty("io.modelcontextprotocol/serverInfo").GetProperty("name").GetString().ShouldNotBeNullOrEmpty();
    }

    private static int Code(Answer answer, int status) => answer.Expect(status).Json.GetProperty("error").GetProperty("code").GetInt32();

    private static async Task<Answer> Send(Mcp mcp, string verb, string session)
    {
        switch (verb)
        {
            case "POST":
                return await mcp.ListInSession(session);
            case "DELETE":
                return await mcp.End(session);
            default:
                using (var stream = await mcp.GetStream(session))
                {
                    // A refused stream has an ordinary body; an accepted one has no end.
                    return stream.Status == 200 ? new Answer(200, new Dictionary<string, string>(), []) : await stream.Whole();
                }
        }
    }

    private async Task<Cast> NewCast()
    {
        await world.Notes();
        var mine = await world.NewMember("member", "tools:invoke");
        var (_, secondKey) = await world.NewKey(mine.Id, "tools:invoke");
        var stranger = await world.NewMember("member", "tools:invoke");
        var (a, b) = (await world.NewToolkit("notes.*"), await world.NewToolkit("notes.*"));
        return new Cast(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = "/mcp", ["A"] = a.Path, ["B"] = b.Path }, mine.Token, secondKey, stranger.Token);
    }

    private sealed record Cast(Dictionary<string, string> Paths, string Mine, string SecondKey, string Stranger);
}
