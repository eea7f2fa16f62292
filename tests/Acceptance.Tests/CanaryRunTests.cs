using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>
/// A whole deployment with a canary in every field that takes a secret, logging and telemetry at their most talkative; then every place is searched in which one
/// might have been left: a dump of the database, the log, traces and metrics, the data folder, and what REST and MCP answered.
/// </summary>
public sealed class CanaryRunTests : IAsyncLifetime, IDisposable
{
    private const string Email = "owner@example.com";
    private const string Variable = "TGCANARY_UPSTREAM_KEY";
    private readonly Dictionary<string, string> canaries = [];
    private readonly World world = new();
    private readonly TestFolder folder = new();
    private Sink upstream = null!;
    private Sink proxy = null!;
    private Sink vault = null!;
    private Sink collector = null!;
    private PluginService plugin = null!;
    private ToolgateServer server = null!;
    private Rest owner = null!;

    public async Task InitializeAsync()
    {
        (upstream, proxy, vault, collector) = (await Sink.Start(), await Sink.Start(), await Sink.Start(), await Sink.Start());
        plugin = await PluginService.Start();
        Environment.SetEnvironmentVariable(Variable, Canary("env"));
        Directory.CreateDirectory(folder["secrets"]);
        await File.WriteAllTextAsync(folder["secrets/key"], Canary("file") + "\n");
        await File.WriteAllTextAsync(folder["vault-token"], Canary("vaultToken") + "\n");
        vault.Answers["/v1/secret/data/apps/tracker"] = new { data = new { data = new { key = Canary("vault") } } };
        upstream.Answers["/token"] = new { access_token = Canary("accessToken"), token_type = "Bearer", expires_in = 3600 };
        upstream.Answers["/graphql"] = new { data = new { hello = "you" } };
        world.More["Logging:LogLevel:Default"] = "Trace";
        world.More["Logging:LogLevel:Microsoft"] = "Trace";
        world.More["Logging:LogLevel:System"] = "Trace";
        world.More["Logging:LogLevel:Npgsql"] = "Trace";
        world.More["Toolgate:Owner:Email"] = Email;
        world.More["Toolgate:Owner:Password"] = Canary("password");
        world.More["Toolgate:Telemetry:OtlpEndpoint"] = collector.Url;
        world.More["Toolgate:Egress:AllowPrivateNetworks"] = "true";
        world.More["Toolgate:Egress:Proxy"] = proxy.Url;
        world.More["Toolgate:Egress:ProxyCredentials"] = "gate:" + Canary("proxy");
        world.More["Toolgate:Egress:ProxyResolvesNames"] = "true";
        world.More["Toolgate:Egress:NoProxy:0"] = "127.0.0.0/8";
        world.More["Toolgate:Secrets:Environment:0"] = Variable;
        world.More["Toolgate:Secrets:Files"] = folder["secrets"];
        world.More["Toolgate:Secrets:Vault:Address"] = vault.Url;
        world.More["Toolgate:Secrets:Vault:TokenFile"] = folder["vault-token"];
        world.More["Toolgate:Secrets:Vault:Paths:0"] = "apps/*";
        world.More["Toolgate:Stdio:AllowedCommands:0"] = "sh";
        await world.InitializeAsync();
        world.Recorder.On = true;
        (server, owner) = (world.Server, world.Owner);
    }

    public async Task DisposeAsync()
    {
        await world.DisposeAsync();
        await plugin.DisposeAsync();
        foreach (var sink in new[] { upstream, proxy, vault, collector })
        {
            await sink.DisposeAsync();
        }
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_canary_of_every_secret_is_found_where_it_belongs_and_nowhere_else()
    {
        // What came with people is shown once to whom it is for; everything else is shown to nobody.
        var shown = await People();
        await Connections();
        await Calls();
        await Approvals();
        await ReplaceAndRemove();
        await ReadEverything();
        await server.Stop();

        // The controls: each went where it belongs.
        foreach (var name in new[] { "header", "query", "cookieHeader", "bearer", "accessToken", "env", "file", "vault", "graphql", "replaced" })
        {
            upstream.Seen.ShouldContain(canaries[name], customMessage: name);
        }

        upstream.Seen.ShouldContain(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{canaries["basicUser"]}:{canaries["basicPassword"]}")));
        upstream.Seen.ShouldContain(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{canaries["clientId"]}:{canaries["clientSecret"]}")));
        vault.Seen.ShouldContain(canaries["vaultToken"]);
        plugin.Requests.ShouldContain(request => request.Header("Authorization") == "Bearer " + canaries["plugin"]);
        proxy.Seen.ShouldContain(Convert.ToBase64String(Encoding.UTF8.GetBytes("gate:" + canaries["proxy"])));
        collector.Seen.ShouldContain("POST /v1/traces");
        collector.Seen.ShouldContain("POST /v1/metrics");
        collector.Seen.ShouldContain("upstream call", customMessage: "spans are exported");
        server.Logs.Lines.ShouldContain(line => line.StartsWith("Trace ", StringComparison.Ordinal));

        var dump = await Dump();
        dump.ShouldContain("connection_created", customMessage: "the dump holds the log");
        var places = new Dictionary<string, string>
        {
            ["the database"] = dump,
            ["the log"] = string.Join('\n', server.Logs.Lines),
            ["telemetry"] = collector.Seen,
            ["the data folder"] = await Files(server.DataFolder),
        };
        var answers = string.Join('\n', world.Recorder.Answers);
        var found = canaries.SelectMany(canary => places.Where(place => Contains(place.Value, canary.Value)).Select(place => $"{canary.Key} is in {place.Key}"))
            .Concat(canaries.Where(canary => !shown.Contains(canary.Key) && canary.Key != "argument" && Contains(answers, canary.Value)).Select(canary => $"{canary.Key} is in an answer"))
            .Concat(upstream.Seen.Contains(canaries["proxy"], StringComparison.Ordinal) ? ["proxy is at an upstream"] : []);
        found.ShouldBeEmpty(string.Join('\n', server.Logs.Lines.Where(line => canaries.Values.Any(canary => Contains(line, canary))).Take(5)));
    }

    /// <summary>Passwords, links, cookies, tokens against forgery, keys.</summary>
    private async Task<HashSet<string>> People()
    {
        using var browser = new Browser(server.BaseAddress);
        await browser.Json(HttpMethod.Post, "/api/account/sign-in", new { email = Email, password = Canary("wrongPassword") });
        (await browser.Post("/sign-in", ("email", Email), ("password", canaries["password"]))).Location.ShouldBe("/");
        canaries["cookie"] = browser.Cookie.ShouldNotBeNull();
        canaries["csrf"] = (await browser.Get("/api/account/me")).Json.GetProperty("csrfToken").GetString()!;

        var invite = (await owner.Post("/api/invites", new { role = "member", email = "bob@example.com" })).Expect(201).Json.GetProperty("url").GetString()!;
        canaries["invite"] = invite[(invite.IndexOf('=', StringComparison.Ordinal) + 1)..];
        using var bob = new Browser(server.BaseAddress);
        var link = (await bob.Get(new Uri(invite).PathAndQuery)).Hidden("link");
        (await bob.Post("/sign-up", ("link", link), ("name", "Bob"), ("email", "bob@example.com"), ("password", Canary("memberPassword")))).Location.ShouldBe("/");
        canaries["memberCookie"] = bob.Cookie.ShouldNotBeNull();

        var id = (await owner.All("/api/members")).First(member => member.GetProperty("email").GetString() == "bob@example.com").GetProperty("id").GetString()!;
        var reset = (await owner.Post($"/api/members/{id}/password-reset", new { })).Expect(200).Json.GetProperty("url").GetString()!;
        canaries["reset"] = reset[(reset.IndexOf('=', StringComparison.Ordinal) + 1)..];
        var form = (await bob.Get(new Uri(reset).PathAndQuery)).Hidden("link");
        await bob.Post("/reset-password", ("link", form), ("password", Canary("newPassword")));

        var key = (await owner.Post("/api/account/api-keys", new { name = "canary" })).Expect(201).Json.GetProperty("value").GetString()!;
        canaries["apiKey"] = key;
        canaries["bootstrapKey"] = server.OwnerKey;
        await new Rest(world.Http, key + "x").Get("/api/account/me");
        await new Rest(world.Http, key).Get("/api/account/me");
        await world.Http.GetAsync("/api/account/me?access_token=" + key);
        await Client(browser);
        return ["invite", "reset", "apiKey", "csrf", "ownAccess", "ownRefresh", "nextAccess", "nextRefresh"];
    }

    /// <summary>An MCP client that signs in: its code, its tokens, its secret.</summary>
    private async Task Client(Browser person)
    {
        var hand = await new ByHand(world).Register();
        using var ada = new Person(person);
        var told = await ada.Answer(hand.Link("/mcp"));
        canaries["code"] = told.Code.ShouldNotBeNull();
        var tokens = Tokens.Of(await hand.Redeem(told.Code));
        canaries["ownAccess"] = tokens.Access;
        await new Mcp(world.Http, "/mcp", tokens.Access).Stateless("tools/list");
        if (tokens.Refresh is { } refresh)
        {
            canaries["ownRefresh"] = refresh;
            var next = Tokens.Of(await hand.Refresh(refresh));
            (canaries["nextAccess"], canaries["nextRefresh"]) = (next.Access, next.Refresh!);
            await hand.Refresh("x" + refresh);
            await hand.Revoke(next.Refresh!);
        }

        canaries["verifier"] = hand.Verifier;
    }

    private async Task Connections()
    {
        object Header(string name, string variable = "token") => new { carrier = "header", name, variable };
        await Import("keys", new object[]
        {
            new { slug = "header", placements = new[] { Header("X-Key") } },
            new { slug = "query", placements = new object[] { new { carrier = "query", name = "api_key" } } },
            new { slug = "cookie", placements = new object[] { new { carrier = "header", name = "Cookie", prefix = "session=", variable = "token" } } },
            new { slug = "bearer", placements = new object[] { new { carrier = "header", name = "Authorization", prefix = "Bearer ", variable = "token" } } },
            new { slug = "both", kind = "basic" },
        });
        await Connect("keys", "header", "header", new { token = Canary("header") });
        await Connect("keys", "query", "query", new { token = Canary("query") });
        await Connect("keys", "cookie", "cookie", new { token = Canary("cookieHeader") });
        await Connect("keys", "bearer", "bearer", new { token = Canary("bearer") });
        await Connect("keys", "basic", "both", new { username = Canary("basicUser"), password = Canary("basicPassword") });
        await Connect("keys", "env", "header", new { token = new { env = Variable } });
        await Connect("keys", "file", "header", new { token = new { file = "key" } });
        await Connect("keys", "vault", "header", new { token = new { vault = new { path = "apps/tracker", key = "key" } } });

        (await owner.Post("/api/integrations/openapi", new
        {
            slug = "app",
            spec = new
            {
                document = Document(upstream.Url, $$"""
                    "components": {"securitySchemes": {"app": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "{{upstream.Url}}/token", "scopes": {"a": "A"} } } } } }, "security": [{"app": ["a"]}],
                    """),
            },
        })).Expect(201);
        await Connect("app", "main", "oauth-app", new { clientId = Canary("clientId"), clientSecret = Canary("clientSecret") });

        (await owner.Post("/api/integrations/graphql", new
        {
            slug = "graph", endpoint = upstream.Url + "/graphql", sdl = "type Query { hello: String }",
            authTemplates = new[] { new { slug = "header", placements = new[] { Header("X-Graph") } } },
        })).Expect(201);
        await Connect("graph", "main", "header", new { token = Canary("graphql") });

        (await owner.Post("/api/integrations/mcp", new
        {
            slug = "process", transport = "stdio", command = "sh", args = new[] { "-c", "env >&2; echo not-json-$CANARY_KEY; exit 1" },
            authTemplates = new[] { new { slug = "env", placements = new object[] { new { carrier = "env", name = "CANARY_KEY", variable = "token" } } } },
        })).Expect(201);
        await Connect("process", "main", "env", new { token = Canary("stdio") });

        (await owner.Post("/api/integrations/plugins", plugin.Manifest())).Expect(201);
        await Connect("calendar", "main", "bearer", new { token = Canary("plugin") });
        (await owner.Post("/api/integrations/plugins/calendar/enable", new { })).Expect(200);

        (await owner.Post("/api/integrations/openapi", new { slug = "far", spec = new { document = Document("http://far.example", "").Replace("/fail", "/other", StringComparison.Ordinal) } })).Expect(201);
        await Connect("far", "main", "none", null);

        // Refused ones: what was sent is in no answer and in no line.
        await owner.Post("/api/connections", new { owner = "org", integration = "keys", name = "bad", template = "header", values = new { token = Canary("lineEnd") + "\n" } });
        await owner.Post("/api/connections", new { owner = "org", integration = "keys", name = "bad", template = "header", values = new { other = Canary("unknown") } });
        await owner.Post("/api/connections", $$"""{"owner":"org","integration":"keys","name":"bad","template":"header","values":{"token":["{{Canary("wrongType")}}"]} }""");
        await owner.Post("/api/connections", $$"""{"owner":"org","values":{"token":"{{Canary("halfJson")}}",,}""");
    }

    private async Task Calls()
    {
        Canary("argument");
        var toolkit = (await owner.Post("/api/toolkits", new { owner = "org", name = "All", slug = "all" })).Expect(201).Json.GetProperty("id").GetString()!;
        foreach (var integration in new[] { "keys", "app", "graph", "far", "process", "calendar" })
        {
            (await owner.Post($"/api/toolkits/{toolkit}/connections", new { pattern = integration + ".*" })).Expect(201);
        }

        (await owner.Post($"/api/toolkits/{toolkit}/policies", new { pattern = "*", action = "approve" })).Expect(201);
        var mcp = new Mcp(world.Http, "/mcp/toolkits/all", server.OwnerKey);
        foreach (var tool in await mcp.List())
        {
            var name = tool.GetProperty("name").GetString()!;
            await mcp.Call(name);
            await mcp.Call(name, $$"""{"q":"{{canaries["argument"]}}"}""");
            await mcp.Call(name, $$"""{"unknown":"{{canaries["argument"]}}"}""");
        }

        foreach (var item in await owner.All("/api/connections"))
        {
            await owner.Post($"/api/connections/org/{item.GetProperty("integration").GetString()}/{item.GetProperty("name").GetString()}/test", new { });
            await owner.Post($"/api/connections/org/{item.GetProperty("integration").GetString()}/{item.GetProperty("name").GetString()}/refresh", new { });
        }
    }

    /// <summary>A call that waits for somebody: what it would send is kept sealed, and shown without what its tool calls a secret.</summary>
    private async Task Approvals()
    {
        var toolkit = (await owner.Post("/api/toolkits", new { owner = "org", name = "Asked", slug = "asked" })).Expect(201).Json.GetProperty("id").GetString()!;
        (await owner.Post($"/api/toolkits/{toolkit}/connections", new { pattern = "keys.org.header.*" })).Expect(201);
        (await owner.Post($"/api/toolkits/{toolkit}/policies", new { pattern = "*", action = "require_approval" })).Expect(201);
        var mcp = new Mcp(world.Http, "/mcp/toolkits/asked", server.OwnerKey);
        Canary("waiting");
        foreach (var tool in (await mcp.List()).Where(tool => Mcp.AddressOf(tool).StartsWith("keys.", StringComparison.Ordinal)))
        {
            await mcp.Call(tool.GetProperty("name").GetString()!, $$"""{"q":"plain","pin":"{{canaries["waiting"]}}"}""");
        }

        var waiting = await owner.All("/api/approvals");
        waiting.ShouldNotBeEmpty("the control: calls wait");
        foreach (var one in waiting)
        {
            await owner.Get($"/api/approvals/{one.GetProperty("id").GetString()}");
        }
    }

    private async Task ReplaceAndRemove()
    {
        (await owner.Put("/api/connections/org/keys/header/credentials", new { values = new { token = Canary("replaced") } })).Expect(200);
        await owner.Post("/api/connections/org/keys/header/test", new { });
        (await owner.Post("/api/secrets/rotation", new { })).Expect(200);
        (await owner.Delete("/api/connections/org/keys/query")).Expect(204);
        File.Delete(folder["secrets/key"]);
        await owner.Post("/api/connections/org/keys/file/test", new { });
    }

    /// <summary>Every GET route without parameters, the connections and events one by one, the export and the description.</summary>
    private async Task ReadEverything()
    {
        var description = (await owner.Get("/api/openapi.json")).Expect(200).Json;
        foreach (var path in description.GetProperty("paths").EnumerateObject())
        {
            if (path.Value.TryGetProperty("get", out _) && !path.Name.Contains('{') && !path.Name.EndsWith("/stream", StringComparison.Ordinal))
            {
                await owner.Get(path.Name);
            }
        }

        foreach (var item in await owner.All("/api/audit/events?limit=1000"))
        {
            await owner.Get($"/api/audit/events/{item.GetProperty("position").GetInt64()}");
        }

        foreach (var item in await owner.All("/api/connections"))
        {
            await owner.Get($"/api/connections/org/{item.GetProperty("integration").GetString()}/{item.GetProperty("name").GetString()}");
        }
    }

    private async Task Import(string slug, object authTemplates)
        => (await owner.Post("/api/integrations/openapi", new { slug, spec = new { document = Document(upstream.Url, "") }, authTemplates })).Expect(201);

    private async Task Connect(string integration, string name, string template, object? values)
        => (await owner.Post("/api/connections", new { owner = "org", integration, name, template, values })).Expect(201);

    private static string Document(string url, string security) => $$"""
        {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "servers": [{"url": "{{url}}"}], {{security}} "paths": {
          "/ok": {"get": {"operationId": "readOk", "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"} }, {"name": "pin", "in": "query", "schema": {"type": "string", "format": "password"} }], "responses": {"200": {"description": "ok"} } } },
          "/fail": {"get": {"operationId": "zFail", "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"} }], "responses": {"200": {"description": "ok"} } } } } }
        """;

    /// <summary>A value that is nowhere else, under a name.</summary>
    private string Canary(string name) => canaries[name] = $"canary{name}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";

    /// <summary>Text as it is, and as the encodings in which it would hide: bytes in hex, base64 at each of its three offsets.</summary>
    private static bool Contains(string text, string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        return text.Contains(secret, StringComparison.Ordinal)
            || text.Contains(Convert.ToHexStringLower(bytes), StringComparison.OrdinalIgnoreCase)
            || Enumerable.Range(0, 3).Any(offset => text.Contains(Middle(bytes, offset), StringComparison.Ordinal));
    }

    /// <summary>The base64 of the part that does not depend on what stands around it.</summary>
    private static string Middle(byte[] bytes, int offset)
    {
        var rest = bytes.AsSpan(offset);
        return Convert.ToBase64String(rest[..(rest.Length / 3 * 3)]);
    }

    private static async Task<string> Files(string path)
    {
        var text = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
        {
            text.AppendLine(await File.ReadAllTextAsync(file, Encoding.Latin1));
        }

        return text.ToString();
    }

    /// <summary>The whole database, as pg_dump of the server's own version writes it.</summary>
    private async Task<string> Dump()
    {
        var connection = new NpgsqlConnectionStringBuilder(server.Database.ConnectionString);
        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), .. Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(folder => Path.Combine(folder, "bin")) : []];
        var program = folders
            .Select(bin => Path.Combine(bin, "pg_dump")).FirstOrDefault(File.Exists).ShouldNotBeNull("pg_dump is needed, and comes with PostgreSQL");
        var start = new ProcessStartInfo(program, ["--inserts", "--no-password"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PGHOST"] = connection.Host;
        start.Environment["PGPORT"] = connection.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = connection.Username;
        start.Environment["PGPASSWORD"] = connection.Password ?? "";
        start.Environment["PGDATABASE"] = connection.Database;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var dump = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, await errors);
        return dump;
    }
}
