using Microsoft.Extensions.DependencyInjection;
using Toolgate.Connections;
using Toolgate.Policies;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests;

/// <summary>Resources, prompts and completion of MCP servers in both eras: what is declared, listed, sent, answered and recorded.</summary>
public sealed partial class OfferTests : IAsyncLifetime
{
    private const string Path = "/mcp/toolkits/a";
    private readonly World world = new();
    private TestDatabase database = null!;
    private Gateway gateway = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.Create();
        gateway = await Gateway.Start(database, world);
        world.Show("a", "usr_alice", Offers.View("a", Offers.Two, Tools.Read));
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task only_what_the_view_offers_is_declared()
    {
        const string everything = """{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{},"logging":{}}""";
        const string tools = """{"tools":{"listChanged":true}}""";
        (await Capabilities(Path)).ShouldBe([everything, everything]);
        (await Capabilities("/mcp/toolkits/b")).ShouldBe([tools, tools]);
        world.Show("a", "usr_alice", Offers.View("a", Offers.Of([Offers.Item(Offers.Wiki, "wiki://a")], [], [])));
        const string quiet = """{"tools":{"listChanged":true},"resources":{"listChanged":true},"prompts":{"listChanged":true}}""";
        (await Capabilities(Path)).ShouldBe([quiet, quiet]);
    }

    [Theory]
    [InlineData("resources/list", "resources", "uri", "docs://a,wiki://a,toolgate://docs.org.main/both://x,toolgate://wiki.org.main/both://x")]
    [InlineData("resources/templates/list", "resourceTemplates", "uriTemplate", "docs://{id}")]
    [InlineData("prompts/list", "prompts", "name", "docs_org_main_review,wiki_org_main_sum")]
    public async Task lists_are_the_prepared_bytes_on_one_page(string method, string member, string key, string expected)
    {
        var list = "[" + string.Join(',', expected.Split(',').Select(item => $"{{\"{key}\": \"{item}\"}}")) + "]";
        var session = await gateway.Open(Path);
        (await gateway.Ask(Mcp.Post(Mcp.Plain(method), Path, session: session))).Body.ShouldBe($$$"""{"jsonrpc":"2.0","id":2,"result":{"{{{member}}}":{{{list}}}}}""");
        (await gateway.Ask(Mcp.Post(Mcp.Message(method, "\"cursor\":\"x\""), Path, session: session))).ShouldBeError(200, -32602);

        var modern = (await gateway.Ask(Mcp.ModernPost(Mcp.Modern(method), Path))).Result;
        modern.GetProperty(member).GetRawText().ShouldBe(list);
        (modern.GetProperty("ttlMs").GetInt32(), modern.GetProperty("cacheScope").GetString(), modern.GetProperty("resultType").GetString()).ShouldBe((0, "private", "complete"));
        modern.GetProperty("_meta").GetProperty("io.modelcontextprotocol/serverInfo").GetProperty("name").GetString().ShouldBe("Toolgate");

        // Somebody for whom there is nothing gets an empty list.
        (await gateway.Ask(Mcp.ModernPost(Mcp.Modern(method), "/mcp/toolkits/b"))).Result.GetProperty(member).GetRawText().ShouldBe("[]");
    }

    [Fact]
    public async Task what_a_server_answers_reaches_a_session_byte_for_byte()
    {
        const string result = """{ "contents":[{"uri":"docs://a","text":"1.0e0 ü","future":{"x":1.0}}], "cacheScope":"private", "_meta":{"a":1} }""";
        world.Servers.Answer = (_, _) => Task.FromResult(Servers.Result(result));
        var session = await gateway.Open(Path);
        var answer = await gateway.Ask(Mcp.Post(Mcp.Message("resources/read", """ "uri":"docs://a","future":[1.0],"_meta":{"x/y":1}"""), Path, session: session));
        answer.Body.ShouldBe("""{"jsonrpc":"2.0","id":3,"result":""" + result + "}");

        var sent = world.Servers.Requests.ShouldHaveSingleItem();
        (sent.Upstream, sent.Method, sent.Params, sent.IsStateless).ShouldBe((Offers.Docs, "resources/read", """{"uri":"docs://a"}""", false));
        sent.ClientParams.ShouldBe("""{ "uri":"docs://a","future":[1.0],"_meta":{"x/y":1}}""");
        sent.PoolKey.ShouldBe(SessionIds.PublicOf(session));
    }

    [Fact]
    public async Task a_modern_result_gains_what_it_lacks_and_is_nobody_elses()
    {
        world.Servers.Answer = (_, _) => Task.FromResult(Servers.Result("""{"contents":[ 1.0 ]}"""));
        var read = Mcp.Modern("resources/read", """ "uri":"docs://17",""");
        var bare = await gateway.Ask(Mcp.ModernPost(read, Path));
        bare.Body.ShouldStartWith("""{"jsonrpc":"2.0","id":3,"result":{"contents":[ 1.0 ],""");
        (bare.Result.GetProperty("resultType").GetString(), bare.Result.GetProperty("cacheScope").GetString()).ShouldBe(("complete", "private"));
        bare.Result.TryGetProperty("ttlMs", out _).ShouldBeTrue();

        world.Servers.Answer = (_, _) => Task.FromResult(Servers.Result("""{"resultType":"complete","ttlMs":7,"cacheScope" : "public","contents":[],"_meta":{"a":1}}"""));
        var full = await gateway.Ask(Mcp.ModernPost(read, Path));
        full.Body.ShouldContain("\"result\":{\"resultType\":\"complete\",\"ttlMs\":7,\"cacheScope\" : \"private\",\"contents\":[],");
        world.Servers.Requests.ShouldAllBe(request => request.Params == """{"uri":"docs://17"}""" && request.PoolKey == "usr_alice");
    }

    [Theory]
    [InlineData("toolgate://wiki.org.main/both://x", "wiki", "both://x")]
    [InlineData("toolgate://docs.org.main/both://x", "docs", "both://x")]
    [InlineData("docs://by/template", null, null)]
    [InlineData("docs://by-template", "docs", "docs://by-template")]
    public async Task a_resource_is_read_from_its_server_under_its_servers_uri(string uri, string? integration, string? upstreamUri)
    {
        var session = await gateway.Open(Path);
        await gateway.Ask(Mcp.Post(Mcp.Message("resources/read", $"\"uri\":\"{uri}\""), Path, session: session));
        var sent = world.Servers.Requests.SingleOrDefault();
        (sent?.Upstream.Integration, sent?.Params).ShouldBe((integration, upstreamUri is null ? null : $$"""{"uri":"{{upstreamUri}}"}"""));
    }

    [Fact]
    public async Task what_is_not_there_for_the_caller_is_answered_in_the_same_bytes_and_recorded()
    {
        // Contested, someone else's, never made: what the view does not lead to is one and the same.
        string[] uris = ["both://x", "toolgate://secret.org.main/x", "never://made"];
        var session = await gateway.Open(Path);
        foreach (var uri in uris)
        {
            (await gateway.Ask(Mcp.Post(Mcp.Message("resources/read", $"\"uri\":\"{uri}\""), Path, session: session))).Body
                .ShouldBe("""{"jsonrpc":"2.0","id":3,"error":{"code":-32002,"message":"Resource not found","data":{"uri":"URI"}}}""".Replace("URI", uri, StringComparison.Ordinal));
            (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("resources/read", $"\"uri\":\"{uri}\","), Path))).Body
                .ShouldBe("""{"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"Resource not found","data":{"uri":"URI"}}}""".Replace("URI", uri, StringComparison.Ordinal));
        }

        (await gateway.Ask(Mcp.Post(Mcp.Message("prompts/get", "\"name\":\"review\""), Path, session: session))).ShouldBeError(200, -32602, "Unknown prompt: review");
        (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("prompts/get", "\"name\":\"review\","), Path))).ShouldBeError(200, -32602, "Unknown prompt: review");
        world.Servers.Requests.ShouldBeEmpty();

        var events = await Drained();
        events.Count.ShouldBe(8);
        var denied = events.OfType<ResourceReadDenied>().First();
        (denied.PrincipalId, denied.ToolkitId, denied.ResourceUri, denied.Outcome, denied.SessionId).ShouldBe(
            ("usr_alice", "tk_a", "both://x", "unknown_resource", SessionIds.PublicOf(session)));
        events.OfType<PromptFetchDenied>().Select(e => (e.PromptName, e.Outcome)).Distinct().ShouldBe([("review", "unknown_prompt")]);
    }

    [Theory]
    [InlineData("resources/read", "\"uri\":\"docs://a\"")]
    [InlineData("resources/read", "\"uri\":\"toolgate://docs.org.main/never://listed\"")]
    [InlineData("prompts/get", "\"name\":\"review\"")]
    [InlineData("completion/complete", "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"review\"},\"argument\":{\"name\":\"a\",\"value\":\"\"}")]
    [InlineData("resources/subscribe", "\"uri\":\"docs://a\"")]
    public async Task a_member_does_not_set_a_server_for_admins_to_work(string method, string parameters)
    {
        world.Servers.Answer = (_, _) => Task.FromResult(Servers.Result("{}"));
        var prompt = Offers.Item(Offers.Docs, "review", access: ToolAccess.Admins, source: DecisionSource.Default);
        var offers = Offers.Of([Offers.Item(Offers.Docs, "docs://a", access: ToolAccess.Admins, source: DecisionSource.Default)], [], [prompt]);
        world.Show("a", "usr_alice", Offers.View("a", offers));
        world.Show("a", "usr_admin", Offers.View("a", offers));

        var session = await gateway.Open(Path);
        (await gateway.Ask(Mcp.Post(Mcp.Message(method, parameters), Path, session: session))).Body.ShouldContain("[insufficient_permissions]");
        if (method != "resources/subscribe")
        {
            (await gateway.Ask(Mcp.ModernPost(Mcp.Modern(method, parameters + ","), Path))).Body.ShouldContain("[insufficient_permissions]");
        }

        world.Servers.Requests.ShouldBeEmpty();
        (await Drained()).ShouldAllBe(e => e is ResourceReadDenied && ((ResourceReadDenied)e).Outcome == "insufficient_permissions"
            || e is PromptFetchDenied && ((PromptFetchDenied)e).Outcome == "insufficient_permissions");

        var admins = await gateway.Open(Path, "admin-key");
        (await gateway.Ask(Mcp.Post(Mcp.Message(method, parameters), Path, "admin-key", admins))).Body.ShouldContain("\"result\":");
    }

    [Theory]
    [InlineData("\"ref\":{\"type\":\"ref/prompt\",\"name\":\"\\ud800\"}")]
    [InlineData("\"ref\":{\"type\":\"ref/prompt\",\"name\":\"docs_org_main_review\",\"\\udc00\":1}")]
    [InlineData("\"\\ud800\":1,\"ref\":{\"type\":\"ref/prompt\",\"name\":\"docs_org_main_review\"},\"\\ud800x\":1")]
    public async Task a_completion_whose_names_are_no_text_is_a_fault_of_the_client(string parameters)
    {
        var session = await gateway.Open(Path);
        (await gateway.Ask(Mcp.Post(Mcp.Message("completion/complete", parameters), Path, session: session))).Status.ShouldBeLessThan(500);
    }

    [Fact]
    public async Task every_read_is_one_event_without_its_contents()
    {
        world.Servers.Answer = (_, _) => Task.FromResult(Servers.Result("""{"contents":["confidential"]}"""));
        var session = await gateway.Open(Path);
        await gateway.Ask(Mcp.Post(Mcp.Message("resources/read", "\"uri\":\"toolgate://wiki.org.main/both://x\""), Path, session: session));
        var read = (await Drained()).ShouldHaveSingleItem().ShouldBeOfType<ResourceRead>();
        (read.PrincipalId, read.CredentialId, read.SessionId, read.Toolkit, read.ToolkitId).ShouldBe(("usr_alice", "key_alice", SessionIds.PublicOf(session), "a", "tk_a"));
        (read.Address, read.ResourceUri, read.Action, read.Source, read.RuleId, read.ViewPosition).ShouldBe(
            ("wiki.org.main.resources", "both://x", "approve", "toolkit", "tkpol_1", 1L));
        (read.Era, read.Outcome, read.BytesOut).ShouldBe(("2025-11-25", "ok", 29L));
        read.DurationMs.ShouldBeGreaterThan(0);
        (await database.Scalar<long>("select count(*) from events.mt_events where data::text like '%confidential%'")).ShouldBe(0);
    }

    [Fact]
    public async Task a_prompt_is_fetched_under_its_servers_name_and_its_arguments_are_only_a_digest()
    {
        var session = await gateway.Open(Path);
        const string get = """ "name":"docs_org_main_review","arguments":{"text":"confidential"}""";
        var answer = await gateway.Ask(Mcp.Post(Mcp.Message("prompts/get", get), Path, session: session));
        answer.Body.ShouldBe("""{"jsonrpc":"2.0","id":3,"result":{"name":"review"}}""");
        var modern = await gateway.Ask(Mcp.ModernPost(Mcp.Modern("prompts/get", get + ","), Path));
        (modern.Result.GetProperty("name").GetString(), modern.Result.GetProperty("resultType").GetString()).ShouldBe(("review", "complete"));
        modern.Result.TryGetProperty("ttlMs", out _).ShouldBeFalse("only lists and reads can be kept");
        world.Servers.Requests.ShouldAllBe(request => request.ClientParams.Contains("\"arguments\":{\"text\":\"confidential\"}", StringComparison.Ordinal));

        var fetched = (await Drained()).Cast<PromptFetched>().ToList();
        (fetched[0].Address, fetched[0].PromptName, fetched[0].Outcome, fetched[0].BytesIn).ShouldBe(("docs.org.main.prompts", "review", "ok", 23L));
        fetched[0].ArgumentsDigest.ShouldBe(fetched[1].ArgumentsDigest);
        fetched[0].ArgumentsDigest.Length.ShouldBe(64);
        fetched[1].Era.ShouldBe("2026-07-28");
        (await database.Scalar<long>("select count(*) from events.mt_events where data::text like '%confidential%'")).ShouldBe(0);
    }

    [Fact]
    public async Task a_completion_is_asked_of_the_server_in_its_own_words()
    {
        world.Servers.Answer = (_, _) => Task.FromResult(Servers.Result("""{"completion":{"values":["x"]}}"""));
        var session = await gateway.Open(Path);
        var answer = await Complete(session, """{"type":"ref/prompt","name":"docs_org_main_review","title":"T"}""");
        answer.Body.ShouldBe("""{"jsonrpc":"2.0","id":3,"result":{"completion":{"values":["x"]}}}""");
        (await Complete(session, """{"type":"ref/resource","uri":"docs://{id}"}""")).Status.ShouldBe(200);
        (await Complete(session, """{"type":"ref/resource","uri":"toolgate://docs.org.main/both://x"}""")).Status.ShouldBe(200);
        world.Servers.Requests.Select(request => request.Params).ShouldBe(
        [
            """{"ref":{"type":"ref/prompt","name":"review","title":"T"}}""", """{"ref":{"type":"ref/resource","uri":"docs://{id}"}}""",
            """{"ref":{"type":"ref/resource","uri":"both://x"}}""",
        ]);
        world.Servers.Requests.ShouldAllBe(request => request.ClientParams.Contains(",\"argument\":{\"name\":\"a\",\"value\":\"b\"}", StringComparison.Ordinal));

        (await Complete(session, """{"type":"ref/prompt","name":"wiki_org_main_sum"}""")).Result.GetProperty("completion").GetProperty("values").GetArrayLength().ShouldBe(0);
        world.Servers.Requests.Count.ShouldBe(3, "a server that completes nothing is not asked");
        (await Drained()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"type":"ref/prompt","name":"review"}""", "Unknown prompt: review")]
    [InlineData("""{"type":"ref/resource","uri":"both://x"}""", "Resource not found")]
    [InlineData("""{"type":"ref/resource","name":"docs_org_main_review"}""", "Invalid params: ref must name a prompt or a resource")]
    [InlineData("""{"type":"ref/tool","name":"docs_org_main_review"}""", "Invalid params: ref must name a prompt or a resource")]
    [InlineData("[]", "Invalid params: ref must name a prompt or a resource")]
    public async Task a_completion_of_what_is_not_there_is_refused(string reference, string message)
        => (await Complete(await gateway.Open(Path), reference)).ShouldBeError(200, -32602, message);

    [Theory]
    [InlineData("resources/read", "Invalid params: uri is missing")]
    [InlineData("resources/subscribe", "Invalid params: uri is missing")]
    [InlineData("resources/unsubscribe", "Invalid params: uri is missing")]
    [InlineData("prompts/get", "Invalid params: name is missing")]
    [InlineData("completion/complete", "Invalid params: ref must name a prompt or a resource")]
    public async Task a_request_without_what_it_is_about_is_refused(string method, string message)
        => (await gateway.Ask(Mcp.Post(Mcp.Plain(method), Path, session: await gateway.Open(Path)))).ShouldBeError(200, -32602, message);

    [Fact]
    public async Task the_stateless_era_knows_no_standing_subscriptions()
    {
        (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("resources/subscribe", "\"uri\":\"docs://a\","), Path))).ShouldBeError(404, -32601);
        (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("resources/unsubscribe", "\"uri\":\"docs://a\","), Path))).ShouldBeError(404, -32601);
    }

    [Fact]
    public async Task a_header_that_names_another_resource_is_refused()
        => (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("resources/read", "\"uri\":\"docs://a\","), Path).With("Mcp-Name", "docs://b"))).ShouldBeError(400, -32020);

    [Fact]
    public async Task what_a_server_refuses_is_told_in_the_clients_era()
    {
        world.Servers.Answer = (_, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.Rejected(-32002, "Not here", """{"uri":"docs://a"}"""u8.ToArray()));
        var session = await gateway.Open(Path);
        (await gateway.Ask(Mcp.Post(Mcp.Message("resources/read", "\"uri\":\"docs://a\""), Path, session: session))).Body
            .ShouldBe("""{"jsonrpc":"2.0","id":3,"error":{"code":-32002,"message":"Not here","data":{"uri":"docs://a"}}}""");
        (await gateway.Ask(Mcp.ModernPost(Mcp.Modern("resources/read", "\"uri\":\"docs://a\","), Path))).ShouldBeError(200, -32602, "Not here");
        (await Drained()).Cast<ResourceRead>().Select(e => e.Outcome).ShouldBe(["upstream_rejected", "upstream_rejected"]);
    }

    [Fact]
    public async Task a_server_that_fails_is_an_error_with_its_stable_code_and_one_that_breaks_its_contract_too()
    {
        world.Servers.Answer = (_, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.Failed(new ToolError("upstream_timeout", "Too slow.", Retryable: true)));
        var session = await gateway.Open(Path);
        var slow = await gateway.Ask(Mcp.Post(Mcp.Message("resources/read", "\"uri\":\"docs://a\""), Path, session: session));
        slow.ShouldBeError(200, -32603);
        slow.Error.GetProperty("data").GetProperty("code").GetString().ShouldBe("upstream_timeout");
        world.Servers.Answer = (_, _) => throw new InvalidOperationException("secret path");
        var broken = await gateway.Ask(Mcp.Post(Mcp.Message("prompts/get", "\"name\":\"docs_org_main_review\""), Path, session: session));
        broken.ShouldBeError(200, -32603);
        broken.Body.ShouldNotContain("secret");
        (await Complete(session, """{"type":"ref/prompt","name":"docs_org_main_review"}""")).ShouldBeError(200, -32603);
        (await Drained()).Select(e => e is ResourceRead read ? read.Outcome : ((PromptFetched)e).Outcome).ShouldBe(["upstream_timeout", "upstream_unavailable"], ignoreOrder: true);
    }

    [Fact]
    public async Task a_read_that_its_client_cancels_is_recorded_as_that()
    {
        var begun = new TaskCompletionSource();
        world.Servers.Answer = async (_, cancellationToken) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        };
        var session = await gateway.Open(Path);
        var reading = gateway.Ask(Mcp.Post(Mcp.Message("resources/read", "\"uri\":\"docs://a\"", "\"r1\""), Path, session: session));
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await gateway.Ask(Mcp.Post("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"r1"}}""", Path, session: session));
        (await reading).Status.ShouldBe(202);
        (await Drained()).ShouldHaveSingleItem().ShouldBeOfType<ResourceRead>().Outcome.ShouldBe("cancelled");
    }

    [Fact]
    public async Task a_uri_too_long_for_a_record_is_its_digest_there()
    {
        var uri = "docs://" + new string('x', 1_000);
        var session = await gateway.Open(Path);
        await gateway.Ask(Mcp.Post(Mcp.Message("resources/read", $"\"uri\":\"{uri}\""), Path, session: session));
        (await Drained()).ShouldHaveSingleItem().ShouldBeOfType<ResourceRead>().ResourceUri.ShouldStartWith("sha256:");
    }

    private async Task<string[]> Capabilities(string path)
    {
        var legacy = await gateway.Ask(Mcp.Post(Mcp.Initialize(), path));
        var modern = await gateway.Ask(Mcp.ModernPost(Mcp.Modern("server/discover"), path));
        return [legacy.Result.GetProperty("capabilities").GetRawText(), modern.Result.GetProperty("capabilities").GetRawText()];
    }

    private Task<Answer> Complete(string session, string reference)
        => gateway.Ask(Mcp.Post(Mcp.Message("completion/complete", "\"ref\":" + reference + ",\"argument\":{\"name\":\"a\",\"value\":\"b\"}"), Path, session: session));

    /// <summary>What the log says of reads, after everything queued has been written.</summary>
    private async Task<List<object>> Drained()
    {
        await gateway.Services.GetRequiredService<CallRecorder>().StopAsync(CancellationToken.None);
        var events = new List<object>();
        await foreach (var e in gateway.EventLog.ReadAll(0))
        {
            if (e.Data is ResourceRead or ResourceReadDenied or PromptFetched or PromptFetchDenied or ToolCallDenied)
            {
                events.Add(e.Data);
            }
        }

        return events;
    }
}
