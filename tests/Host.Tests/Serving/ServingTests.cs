using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

public sealed class ServingTests : IAsyncLifetime
{
    private ToolgateServer server = null!;

    public async Task InitializeAsync() => server = await ToolgateServer.Start();

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task health_is_open_and_tells_nothing_but_a_status()
    {
        using var anyone = server.Api.Anonymous();

        (await anyone.Send(HttpMethod.Get, "/healthz", expect: 200)).Text.ShouldBe("""{"status":"ok"}""");
        (await anyone.Send(HttpMethod.Get, "/readyz", expect: 200)).Text.ShouldBe("""{"status":"ready"}""");
    }

    [Fact]
    public async Task without_its_database_it_lives_but_is_not_ready_until_the_database_is_back()
    {
        using var anyone = server.Api.Anonymous();
        await Administer($"alter database {server.Database.Name} with allow_connections false");
        await server.Database.CutConnections();

        (await anyone.Send(HttpMethod.Get, "/readyz", expect: 503)).Text.ShouldBe("""{"status":"unavailable"}""");
        await anyone.Get("/healthz");

        await Administer($"alter database {server.Database.Name} with allow_connections true");
        await Eventually.Holds(async () => (await anyone.Send(HttpMethod.Get, "/readyz", expect: 0)).Status == HttpStatusCode.OK, "ready again");
    }

    [Theory]
    [InlineData("GET", "/api/nothing-here", null, null, 404, "not-found")]
    [InlineData("GET", "/nothing-here", null, null, 404, "not-found")]
    [InlineData("DELETE", "/api/account/me", null, null, 405, "method-not-allowed")]
    [InlineData("DELETE", "/healthz", null, null, 405, "method-not-allowed")]
    [InlineData("POST", "/api/account/api-keys", "{", "application/json", 400, "malformed-json")]
    [InlineData("POST", "/api/account/api-keys", "name=x", "application/x-www-form-urlencoded", 415, "unsupported-media-type")]
    public async Task every_failure_is_a_problem_document(string method, string path, string? body, string? contentType, int status, string slug)
    {
        var answer = await server.Api.Send(
            new HttpMethod(method), path, body, status, contentType is null ? [] : [("Content-Type", contentType)]);

        ShouldBeProblem(answer, status, slug);
    }

    [Fact]
    public async Task a_body_over_the_limit_is_a_problem()
    {
        // Asking first: otherwise the connection is cut in the middle of sending, and the answer is lost to most clients.
        var answer = await server.Api.Send(HttpMethod.Post, "/api/account/api-keys", new string(' ', 33 * 1024 * 1024), 413, ("Expect", "100-continue"));

        ShouldBeProblem(answer, 413, "too-large");
    }

    [Fact]
    public async Task an_unhandled_exception_is_a_problem_without_its_message()
    {
        await using var failing = await ToolgateServer.Start(services: services => services.Add(
            new Microsoft.Extensions.DependencyInjection.ServiceDescriptor(typeof(Access.ICredentials), new FailingCredentials())));

        var answer = await failing.Api.Send(HttpMethod.Get, "/api/account/me", expect: 500);

        ShouldBeProblem(answer, 500, "internal");
        answer.Text.ShouldNotContain("hidden-8842");
        failing.Logs.Lines.ShouldContain(line => line.Contains("hidden-8842", StringComparison.Ordinal), "the log is where the details are");
    }

    [Fact]
    public async Task every_response_carries_the_security_headers_and_none_names_the_server()
    {
        foreach (var path in (string[])["/healthz", "/api/account/me", "/api/nothing", "/api/docs"])
        {
            var headers = (await server.Api.Send(HttpMethod.Get, path, expect: 0)).Headers;

            headers["X-Content-Type-Options"].ShouldBe("nosniff", path);
            headers["Referrer-Policy"].ShouldBe("no-referrer", path);
            headers["Content-Security-Policy"].ShouldContain("frame-ancestors 'none'", Case.Sensitive, path);
            headers.ContainsKey("Server").ShouldBeFalse(path);
        }
    }

    [Fact]
    public async Task headers_beyond_the_limits_are_refused()
    {
        (await server.Api.Send(HttpMethod.Get, "/healthz", expect: 431, headers: ("X-Long", new string('x', 33 * 1024)))).Status.ShouldBe((HttpStatusCode)431);
        (await server.Api.Send(HttpMethod.Get, "/healthz?" + new string('x', 9 * 1024), expect: 414)).Status.ShouldBe(HttpStatusCode.RequestUriTooLong);
    }

    [Fact]
    public async Task a_restart_keeps_address_keys_and_log()
    {
        var before = (await server.Api.Get("/api/account/me"))["id"]!.GetValue<string>();
        var address = server.BaseAddress;

        await server.Restart();

        server.BaseAddress.ShouldBe(address);
        (await server.Api.Get("/api/account/me"))["id"]!.GetValue<string>().ShouldBe(before);
    }

    [Fact]
    public async Task the_owner_key_is_in_no_log_line()
    {
        await server.Api.Get("/api/account/me");
        await server.Restart();

        server.Logs.Lines.ShouldNotBeEmpty();
        server.Logs.Lines.ShouldNotContain(line => line.Contains(server.OwnerKey, StringComparison.Ordinal));
    }

    [Fact]
    public async Task the_description_is_openapi_3_1_with_the_credential_and_the_problem_of_every_operation()
    {
        using var anyone = server.Api.Anonymous();
        var document = await anyone.Get("/api/openapi.json");

        document["openapi"]!.GetValue<string>().ShouldStartWith("3.1");
        document["components"]!["securitySchemes"]!["bearer"]!["scheme"]!.GetValue<string>().ShouldBe("bearer");
        document["security"]!.AsArray().Count.ShouldBe(1);
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Where(member => member.Value is JsonObject)).ToList();
        operations.ShouldNotBeEmpty();
        foreach (var (_, operation) in operations)
        {
            operation!["responses"]!["default"]!["content"]!["application/problem+json"]!["schema"]!["$ref"]!.GetValue<string>()
                .ShouldBe("#/components/schemas/Problem");
        }
    }

    [Fact]
    public async Task the_docs_page_loads_nothing_from_elsewhere()
    {
        using var anyone = server.Api.Anonymous();
        var page = await anyone.Send(HttpMethod.Get, "/api/docs", expect: 200);

        page.Headers["Content-Security-Policy"].ShouldStartWith("default-src 'none'; script-src 'self'");
        foreach (var path in (string[])["/api/docs", "/api/docs/docs.js", "/api/docs/docs.css"])
        {
            (await anyone.Send(HttpMethod.Get, path, expect: 200)).Text.ShouldNotContain("http" + "s://", Case.Insensitive, path);
        }
    }

    [Fact]
    public async Task a_proxy_that_is_no_address_is_a_startup_failure()
    {
        var failure = await Should.ThrowAsync<StartupFailureException>(() => ToolgateServer.Start(
            new Dictionary<string, string> { ["Toolgate:Proxies:0"] = "proxy.internal" }));

        failure.Message.ShouldContain("'proxy.internal'");
    }

    private static void ShouldBeProblem(ApiAnswer answer, int status, string slug)
    {
        answer.Headers["Content-Type"].ShouldStartWith("application/problem+json");
        answer.Json["type"]!.GetValue<string>().ShouldBe("urn:toolgate:problem:" + slug);
        answer.Json["status"]!.GetValue<int>().ShouldBe(status);
        answer.Json["traceId"]!.GetValue<string>().Length.ShouldBe(32);
        answer.Text.ShouldNotContain("   at ");
    }

    private static async Task Administer(string sql)
    {
        await using var connection = new NpgsqlConnection(await TestCluster.AdministratorConnectionString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class FailingCredentials : Access.ICredentials
    {
        public Access.Principal? Anonymous => null;

        public Access.Principal? Verify(ReadOnlySpan<char> token) => throw new InvalidOperationException("hidden-8842");

        public Access.Principal? Find(string credentialId) => null;
    }
}
