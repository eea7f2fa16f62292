using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Toolgate.Connections.Tests.Hosting;

namespace Toolgate.Connections.Tests.Secrets.References;

public sealed class ReferenceTests(ReferenceServer host) : IClassFixture<ReferenceServer>
{
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(61);

    [Fact]
    public async Task Every_source_gives_the_value_that_is_kept_there_and_nobody_is_shown_it()
    {
        Environment.SetEnvironmentVariable(ReferenceServer.Variable, "env-canary-1");
        await File.WriteAllTextAsync(Path.Combine(host.Files, "plain"), "file-canary-1\n");
        host.Vault.Secrets["apps/tracker"] = new() { ["api"] = "vault-canary-1" };
        foreach (var (place, value) in new (object, string)[]
                 {
                     (new { env = ReferenceServer.Variable }, "env-canary-1"),
                     (new { file = "plain" }, "file-canary-1"),
                     (new { vault = new { path = "apps/tracker", key = "api" } }, "vault-canary-1"),
                 })
        {
            var tool = await host.Connect(place);
            (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
            host.Sent().ShouldBe(value);
            var answer = await host.Api.Send(HttpMethod.Get, $"/api/connections/org/{tool.Split('.')[0]}/main", expect: 200);
            answer.Text.ShouldNotContain(value);
            JsonNode.DeepEquals(Trim(answer.Json["references"]!["token"]!), JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(place))).ShouldBeTrue(answer.Text);
            (await host.Server.Database.Scalar<long>($"select count(*) from events.mt_events where data::text like '%{value}%'")).ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_restart_keeps_where_the_value_is()
    {
        await File.WriteAllTextAsync(Path.Combine(host.Files, "restart"), "first");
        var tool = await host.Connect(new { file = "restart" });
        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
        await host.Server.Restart();
        await File.WriteAllTextAsync(Path.Combine(host.Files, "restart"), "second");
        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
        host.Sent().ShouldBe("second");
    }

    [Fact]
    public async Task A_value_that_was_replaced_is_used_after_the_time_for_which_it_is_kept()
    {
        host.Vault.Secrets["apps/turning"] = new() { ["api"] = "old" };
        var tool = await host.Connect(new { vault = new { path = "apps/turning", key = "api" } });
        await host.Call(tool);
        host.Vault.Secrets["apps/turning"] = new() { ["api"] = "new" };
        var asked = host.Vault.Asked;
        await host.Call(tool);
        (host.Sent(), host.Vault.Asked).ShouldBe(("old", asked));
        host.Clock.Forward(Later);
        await host.Call(tool);
        host.Sent().ShouldBe("new");
    }

    [Fact]
    public async Task A_value_that_the_upstream_takes_no_more_is_read_again_at_once()
    {
        var file = Path.Combine(host.Files, "refused");
        await File.WriteAllTextAsync(file, "old");
        var tool = await host.Connect(new { file = "refused" });
        await host.Call(tool);
        await File.WriteAllTextAsync(file, "new");
        host.GoodKey = "new";
        try
        {
            (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
            host.Sent().ShouldBe("new");

            // The same value is not sent twice: the upstream has said no to it.
            host.GoodKey = "another";
            var before = host.Upstream.Requests.Count;
            (await host.Call(tool)).Error().Code.ShouldBe("connection_rejected");
            (host.Upstream.Requests.Count - before).ShouldBe(1);
        }
        finally
        {
            host.GoodKey = null;
        }
    }

    [Fact]
    public async Task A_value_that_was_taken_away_works_no_more()
    {
        var file = Path.Combine(host.Files, "gone");
        await File.WriteAllTextAsync(file, "gone-canary");
        var tool = await host.Connect(new { file = "gone" });
        await host.Call(tool);
        File.Delete(file);
        host.Clock.Forward(Later);
        var error = (await host.Call(tool)).Error();
        (error.Code, error.Retryable).ShouldBe(("secret_unavailable", true));
        error.Message.ShouldNotContain("gone");
        await File.WriteAllTextAsync(file, "back");
        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>("a failure is not kept");
    }

    [Fact]
    public async Task Calls_at_once_read_a_value_once()
    {
        host.Vault.Secrets["apps/once"] = new() { ["api"] = "value" };
        var tool = await host.Connect(new { vault = new { path = "apps/once", key = "api" } });
        var before = host.Vault.Asked;
        (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Call(tool)))).ShouldAllBe(outcome => outcome is ToolOutcome.Answered);
        (host.Vault.Asked - before).ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"env":"PATH"}""", "reference_not_allowed")]
    [InlineData("""{"env":"TGTEST_UPSTREAM_KEY_2"}""", null)] // The pattern T*.
    [InlineData("""{"env":"UPSTREAM"}""", "reference_not_allowed")]
    [InlineData("""{"env":"Toolgate__Secrets__MasterKey"}""", "reference_not_allowed")]
    [InlineData("""{"env":"TOOLGATE_ANYTHING"}""", "reference_not_allowed")]
    [InlineData("""{"env":"T A"}""", "reference_not_allowed")]
    [InlineData("""{"file":"../outside"}""", "reference_not_allowed")]
    [InlineData("""{"file":"a/../../outside"}""", "reference_not_allowed")]
    [InlineData("""{"file":"/etc/passwd"}""", "reference_not_allowed")]
    [InlineData("""{"file":".hidden"}""", "reference_not_allowed")]
    [InlineData("""{"file":"a\\..\\b"}""", "reference_not_allowed")]
    [InlineData("""{"file":""}""", "reference_not_allowed")]
    [InlineData("""{"file":"no-such-file"}""", null)] // Whether it exists is not told.
    [InlineData("""{"vault":{"path":"other/one","key":"a"}}""", "reference_not_allowed")]
    [InlineData("""{"vault":{"path":"apps","key":"a"}}""", "reference_not_allowed")]
    [InlineData("""{"vault":{"path":"apps/../other","key":"a"}}""", "reference_not_allowed")]
    [InlineData("""{"vault":{"path":"apps/%2e%2e/other","key":"a"}}""", "reference_not_allowed")]
    [InlineData("""{"vault":{"path":"apps/one?version=1","key":"a"}}""", "reference_not_allowed")]
    [InlineData("""{"vault":{"path":"exact/one/more","key":"a"}}""", "reference_not_allowed")]
    [InlineData("""{"vault":{"path":"exact/one","key":"a"}}""", null)]
    [InlineData("""{"vault":{"path":"exact/one"}}""", "one_of")]
    [InlineData("""{"env":"TGTEST_UPSTREAM_KEY","file":"plain"}""", "one_of")]
    [InlineData("{}", "one_of")]
    public async Task A_place_is_accepted_only_where_the_operator_allows_it(string place, string? code)
    {
        var slug = await host.Import();
        var body = $$"""{"owner":"org","integration":"{{slug}}","name":"main","template":"key","values":{"token": {{place}} } }""";
        var answer = await host.Api.Send(HttpMethod.Post, "/api/connections", body, code is null ? 201 : 422);
        if (code is not null)
        {
            answer.Json.Fault().ShouldBe(("/values/token", code));
        }
    }

    [Fact]
    public async Task Nobody_refers_to_a_place_from_a_connection_of_their_own_whatever_their_role()
    {
        var slug = await host.Import();
        var id = (await host.Api.Post("/api/members", new { name = "Member", role = "member" }, 201))["id"]!.GetValue<string>();
        var member = host.Api.As((await host.Api.Post("/api/account/api-keys", new { name = "test", memberId = id }, 201))["value"]!.GetValue<string>());
        object Body(string owner) => new { owner, integration = slug, name = "mine", template = "key", values = new { token = new { env = ReferenceServer.Variable } } };
        (await member.Post("/api/connections", Body("user"), 422)).Fault().ShouldBe(("/values/token", "reference_not_shared"));
        (await host.Api.Post("/api/connections", Body("user"), 422)).Fault().ShouldBe(("/values/token", "reference_not_shared"));
        await member.Post("/api/connections", Body("org"), 403);
        await member.Post("/api/connections", new { owner = "user", integration = slug, name = "mine", template = "key", values = new { token = "own" } }, 201);
        (await member.Put($"/api/connections/user/{slug}/mine/credentials", new { values = new { token = new { env = ReferenceServer.Variable } } }, 422))
            .Fault().ShouldBe(("/values/token", "reference_not_shared"));

        await host.Api.Post("/api/connections", Body("org"), 201);
        (await member.Get($"/api/connections/org/{slug}/mine"))["references"].ShouldBeNull("where the workspace keeps its secrets is for those who write its connections");
        (await host.Api.Get($"/api/connections/org/{slug}/mine"))["references"]!["token"]!["env"]!.GetValue<string>().ShouldBe(ReferenceServer.Variable);
    }

    [Fact]
    public async Task Credentials_are_replaced_by_a_place_and_a_place_by_credentials()
    {
        await File.WriteAllTextAsync(Path.Combine(host.Files, "swap"), "kept");
        var tool = await host.Connect("pasted");
        var path = $"/api/connections/org/{tool.Split('.')[0]}/main";
        await host.Call(tool);
        host.Sent().ShouldBe("pasted");
        await host.Api.Put(path + "/credentials", new { values = new { token = new { file = "swap" } } }, 200);
        await host.Call(tool);
        host.Sent().ShouldBe("kept");
        await host.Api.Put(path + "/credentials", new { values = new { token = "pasted again" } }, 200);
        await host.Call(tool);
        host.Sent().ShouldBe("pasted again");
        (await host.Api.Get(path))["references"].ShouldBeNull();
    }

    [Fact]
    public async Task A_link_leads_within_the_folder_and_not_out_of_it()
    {
        // As an orchestrator mounts a secret: the name is a link through a folder that is a link.
        Directory.CreateDirectory(Path.Combine(host.Files, "..2026"));
        await File.WriteAllTextAsync(Path.Combine(host.Files, "..2026", "mounted"), "mounted-value");
        Directory.CreateSymbolicLink(Path.Combine(host.Files, "..data"), "..2026");
        File.CreateSymbolicLink(Path.Combine(host.Files, "mounted"), "..data/mounted");
        await host.Call(await host.Connect(new { file = "mounted" }));
        host.Sent().ShouldBe("mounted-value");

        await File.WriteAllTextAsync(host.Folder["outside"], "outside-canary");
        Directory.CreateDirectory(host.Folder["secrets-too"]);
        await File.WriteAllTextAsync(host.Folder["secrets-too/file"], "outside-canary");
        File.CreateSymbolicLink(Path.Combine(host.Files, "out"), "../outside");
        Directory.CreateSymbolicLink(Path.Combine(host.Files, "aside"), host.Folder["secrets-too"]);
        Directory.CreateSymbolicLink(Path.Combine(host.Files, "dots"), "..data/../../secrets-too");
        File.CreateSymbolicLink(Path.Combine(host.Files, "round"), "round");
        foreach (var name in new[] { "out", "aside/file", "dots/file", "round" })
        {
            var before = host.Upstream.Requests.Count;
            (await host.Call(await host.Connect(new { file = name }))).Error().Code.ShouldBe("secret_unavailable", name);
            host.Upstream.Requests.Count.ShouldBe(before);
        }
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\r\nX-Admin: 1")]
    [InlineData("a\n\n")]
    [InlineData("")]
    [InlineData("schlüssel")]
    public async Task A_value_that_cannot_travel_is_not_sent(string content)
    {
        await File.WriteAllTextAsync(Path.Combine(host.Files, "odd"), content);
        host.Clock.Forward(Later);
        var before = host.Upstream.Requests.Count;
        (await host.Call(await host.Connect(new { file = "odd" }))).Error().Code.ShouldBe("secret_unavailable");
        host.Upstream.Requests.Count.ShouldBe(before);
    }

    [Fact]
    public async Task A_file_beyond_64_KiB_and_one_that_is_no_text_are_not_read()
    {
        await File.WriteAllTextAsync(Path.Combine(host.Files, "large"), new string('x', 64 * 1024 + 1));
        await File.WriteAllBytesAsync(Path.Combine(host.Files, "binary"), [0xff, 0xfe, 0x80]);
        Directory.CreateDirectory(Path.Combine(host.Files, "folder"));
        foreach (var name in new[] { "large", "binary", "folder" })
        {
            (await host.Call(await host.Connect(new { file = name }))).Error().Code.ShouldBe("secret_unavailable", name);
        }
    }

    [Fact]
    public async Task Whatever_a_vault_answers_wrongly_ends_the_call_and_is_not_repeated()
    {
        host.Vault.Secrets["apps/odd"] = new() { ["number"] = 1, ["api"] = "odd-canary" };
        (await host.Call(await host.Connect(new { vault = new { path = "apps/odd", key = "number" } }))).Error().Code.ShouldBe("secret_unavailable");
        (await host.Call(await host.Connect(new { vault = new { path = "apps/odd", key = "none" } }))).Error().Code.ShouldBe("secret_unavailable");
        (await host.Call(await host.Connect(new { vault = new { path = "apps/none", key = "api" } }))).Error().Code.ShouldBe("secret_unavailable");
        var tool = await host.Connect(new { vault = new { path = "apps/odd", key = "api" } });
        await using var thief = await Upstream.Start(ConnectionsServer.Default);
        try
        {
            foreach (var lie in new RequestDelegate[]
                     {
                         Say(200, "odd-canary"),
                         Say(200, """{"data":"odd-canary"}"""),
                         Say(200, """{"data":{"data":null}}"""),
                         Say(500, "odd-canary"),
                         Say(200, "{\"data\":{\"data\":{\"api\":\"" + new string('x', 1_100_000) + "\"}}}"),
                         context =>
                         {
                             context.Response.Redirect(thief.Url);
                             return Task.CompletedTask;
                         },
                         context =>
                         {
                             context.Abort();
                             return Task.CompletedTask;
                         },
                     })
            {
                host.Vault.Lie = lie;
                var error = (await host.Call(tool)).Error();
                error.Code.ShouldBe("secret_unavailable");
                error.ToString().ShouldNotContain("canary");
            }

            thief.Requests.ShouldBeEmpty("the token stays with the vault");
            host.Vault.Lie = null;
            host.Vault.GoodToken = "another";
            (await host.Call(tool)).Error().Code.ShouldBe("secret_unavailable");
        }
        finally
        {
            host.Vault.Lie = null;
            host.Vault.GoodToken = VaultServer.Token;
        }

        (await host.Call(tool)).ShouldBeOfType<ToolOutcome.Answered>();
        string.Join('\n', host.Server.Logs.Lines).ShouldNotContain("canary");
    }

    private static RequestDelegate Say(int status, string body) => context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    };

    /// <summary>Without the members that are null.</summary>
    private static JsonObject Trim(JsonNode place)
    {
        var kept = new JsonObject();
        foreach (var (name, value) in place.AsObject().Where(member => member.Value is not null))
        {
            kept[name] = value is JsonObject ? Trim(value) : value!.DeepClone();
        }

        return kept;
    }
}
