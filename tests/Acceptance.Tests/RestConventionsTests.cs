using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

/// <summary>The conventions of the REST API, over HTTP (API.md, docs/rest.md).</summary>
public sealed class RestConventionsTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task Every_refusal_is_a_problem_document_with_a_stable_type()
    {
        var kit = await world.NewToolkit();
        var member = await world.NewMember("member", "manage");
        var stranger = new Rest(world.Http, null);
        (string What, int Status, string Slug, Func<Task<Answer>> Act)[] refusals =
        [
            ("no credential", 401, "unauthenticated", () => stranger.Get("/api/toolkits")),
            ("a dead credential", 401, "unauthenticated", () => new Rest(world.Http, "tgk_nothing").Get("/api/toolkits")),
            ("a role too small", 403, "*", () => member.Rest.Post("/api/toolkits", new { owner = "org", name = "Not mine to make" })),
            ("no such resource", 404, "*", () => world.Owner.Get("/api/toolkits/tk_00000000000000000000000000")),
            ("no such path", 404, "not-found", () => world.Owner.Get("/api/no/such/path")),
            ("no such path, no credential", 404, "not-found", () => stranger.Get("/api/no/such/path")),
            ("another method", 405, "method-not-allowed", () => world.Owner.Put("/api/toolkits", new { })),
            ("a taken name", 409, "*", () => world.Owner.Post("/api/toolkits", new { owner = "org", name = "Again", slug = kit.Slug })),
            ("another version", 412, "*", () => world.Owner.Patch($"/api/toolkits/{kit.Id}", new { name = "Other" }, ("If-Match", "\"999\""))),
            ("a tag that is not ours", 412, "*", () => world.Owner.Patch($"/api/toolkits/{kit.Id}", new { name = "Other" }, ("If-Match", "W/\"1\""))),
            ("another content type", 415, "unsupported-media-type", () => world.Owner.Post("/api/toolkits", "owner=org", ("Content-Type", "application/x-www-form-urlencoded"))),
            ("not json", 400, "malformed-json", () => world.Owner.Post("/api/toolkits", "{\"owner\":\"org\",")),
            ("an empty body", 400, "malformed", () => world.Owner.Post("/api/toolkits", "")),
            ("null for a body", 400, "malformed", () => world.Owner.Post("/api/toolkits", "null")),
            ("a limit out of range", 422, "validation", () => world.Owner.Get("/api/toolkits?limit=0")),
            ("a cursor of somebody else", 422, "validation", () => world.Owner.Get("/api/toolkits?cursor=%21%21")),
            ("a position that is no number", 400, "malformed", () => world.Owner.Get("/api/toolkits", ("Toolgate-Min-Position", "soon"))),
            ("a key that cannot be one", 400, "malformed", () => world.Owner.Post("/api/toolkits", new { owner = "org", name = "X" }, ("Idempotency-Key", new string('k', 256)))),
        ];
        foreach (var (what, status, slug, act) in refusals)
        {
            IsProblem(await act(), status, slug, what);
        }
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_as_too_large()
    {
        // The client waits for permission to send: else it would still be writing when the refusal comes.
        var body = $$"""{"owner":"org","name":"{{new string('x', 40 * 1024 * 1024)}}"}""";
        IsProblem(await world.Owner.Post("/api/toolkits", body, ("Expect", "100-continue")), 413, "too-large", "a large body");
    }

    [Theory]
    [InlineData("""{"owner":"org"}""", "/name")]
    [InlineData("""{"owner":"org","name":"","slug":"a"}""", "/name")]
    [InlineData("""{"owner":"everybody","name":"X"}""", "/owner")]
    [InlineData("""{"owner":"org","name":"X","slug":"Not A Slug"}""", "/slug")]
    [InlineData("""{"owner":"org","name":7}""", "/name")]
    [InlineData("""{"owner":"org","name":"X","nmae":"Y"}""", "/nmae")]
    [InlineData("""{"owner":"org","name":"X","name":"Y"}""", "/name")]
    public async Task A_body_with_one_fault_is_unprocessable_and_the_pointer_leads_to_it(string body, string pointer)
    {
        var problem = IsProblem(await world.Owner.Post("/api/toolkits", body), 422, "*", body);
        var error = problem.GetProperty("errors").EnumerateArray().ShouldHaveSingleItem();
        error.GetProperty("pointer").GetString().ShouldBe(pointer, problem.ToString());
        error.GetProperty("code").GetString().ShouldNotBeNull().ShouldMatch(@"\A[a-z][a-z0-9_]*\z");
        error.GetProperty("detail").GetString().ShouldNotBeNullOrWhiteSpace();
    }

    [Theory]
    [InlineData("me*")]
    [InlineData("*.x")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("")]
    public async Task An_invalid_pattern_is_unprocessable_wherever_patterns_are_taken(string pattern)
    {
        var kit = await world.NewToolkit();
        (string Path, object Body)[] takers =
        [
            ("/api/policies", new { owner = "org", pattern, action = "block" }),
            ($"/api/toolkits/{kit.Id}/connections", new { pattern }),
            ($"/api/toolkits/{kit.Id}/policies", new { pattern, action = "block" }),
        ];
        foreach (var (path, body) in takers)
        {
            var problem = IsProblem(await world.Owner.Post(path, body), 422, "*", path);
            problem.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/pattern");
        }
    }

    [Fact]
    public async Task A_version_is_an_entity_tag_that_every_change_advances_and_honours()
    {
        var made = (await world.Owner.Post("/api/toolkits", new { owner = "org", name = "Tagged", slug = world.Unique("tagged") })).Expect(201);
        var path = made.Header("Location").ShouldNotBeNull();
        var read = (await world.Owner.Get(path)).Expect(200);
        read.ETag.ShouldBe(made.ETag);
        read.Json.GetProperty("version").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(read.ETag.Trim('"'));

        var changed = (await world.Owner.Patch(path, new { name = "Changed" }, ("If-Match", read.ETag))).Expect(200);
        changed.ETag.ShouldNotBe(read.ETag);
        IsProblem(await world.Owner.Patch(path, new { name = "Late" }, ("If-Match", read.ETag)), 412, "*", "a stale tag");
        IsProblem(await world.Owner.Delete(path, ("If-Match", read.ETag)), 412, "*", "a stale tag on DELETE");
        (await world.Owner.Get(path)).Json.GetProperty("name").GetString().ShouldBe("Changed");
        (await world.Owner.Delete(path, ("If-Match", changed.ETag))).Expect(204);
        (await world.Owner.Get(path)).Expect(404);
    }

    [Fact]
    public async Task Of_concurrent_changes_with_the_same_tag_one_wins()
    {
        var made = (await world.Owner.Post("/api/toolkits", new { owner = "org", name = "Raced", slug = world.Unique("raced") })).Expect(201);
        var path = made.Header("Location")!;
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => world.Owner.Patch(path, new { name = $"Name {i}" }, ("If-Match", made.ETag))));
        answers.Count(answer => answer.Status == 200).ShouldBe(1);
        answers.Count(answer => answer.Status == 412).ShouldBe(7);
    }

    [Fact]
    public async Task Of_concurrent_changes_of_a_member_with_the_same_tag_one_wins()
    {
        var member = await world.NewMember();
        var version = (await world.Owner.All("/api/members")).Single(item => Id(item) == member.Id).GetProperty("version").GetInt64();
        // Another member's change moves the stream that they share, but not this member's tag.
        await world.NewMember();
        var tag = ("If-Match", $"\"{version}\"");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => world.Owner.Patch($"/api/members/{member.Id}", new { name = $"Name {i}" }, tag)));
        answers.Count(answer => answer.Status == 200).ShouldBe(1);
        answers.Count(answer => answer.Status == 412).ShouldBe(7);
    }

    [Fact]
    public async Task Of_concurrent_claims_of_one_slug_one_wins()
    {
        var slug = world.Unique("claimed");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Owner.Post("/api/toolkits", new { owner = "org", name = "Claimed", slug })));
        answers.Count(answer => answer.Status == 201).ShouldBe(1);
        answers.Count(answer => answer.Status == 409).ShouldBe(7);
    }

    [Fact]
    public async Task Every_write_says_where_it_is_in_the_log_and_a_read_can_wait_for_it()
    {
        var made = (await world.Owner.Post("/api/toolkits", new { owner = "org", name = "Placed", slug = world.Unique("placed") })).Expect(201);
        var path = made.Header("Location")!;
        var position = ("Toolgate-Min-Position", made.Position.ToString(System.Globalization.CultureInfo.InvariantCulture));
        (await world.Owner.Get(path, position)).Expect(200);
        var renamed = (await world.Owner.Patch(path, new { name = "Renamed" })).Expect(200);
        renamed.Position.ShouldBeGreaterThan(made.Position);
        (await world.Owner.Delete(path)).Expect(204).Position.ShouldBeGreaterThan(renamed.Position);
        var late = await world.Owner.Get("/api/toolkits", ("Toolgate-Min-Position", "999999999"));
        IsProblem(late, 503, "position-not-reached", "a position in the future");
        late.Header("Retry-After").ShouldNotBeNull();
    }

    [Fact]
    public async Task The_same_idempotency_key_gives_the_same_answer_and_one_effect()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var body = new { owner = "org", name = "Once", slug = world.Unique("once") };
        var first = (await world.Owner.Post("/api/toolkits", body, key)).Expect(201);
        var second = (await world.Owner.Post("/api/toolkits", body, key)).Expect(201);
        second.Text.ShouldBe(first.Text);
        (second.ETag, second.Position, second.Header("Location")).ShouldBe((first.ETag, first.Position, first.Header("Location")));
        first.Header("Idempotency-Replayed").ShouldBeNull();
        second.Header("Idempotency-Replayed").ShouldBe("true");

        IsProblem(await world.Owner.Post("/api/toolkits", new { owner = "org", name = "Other" }, key), 422, "idempotency-key-reused", "another body");
        IsProblem(await world.Owner.Post("/api/policies", new { owner = "org", pattern = "x.*", action = "block" }, key), 422, "idempotency-key-reused", "another path");

        var other = await world.NewMember("admin", "manage");
        (await other.Rest.Post("/api/toolkits", new { owner = "org", name = "Another caller" }, key)).Expect(201);
    }

    [Fact]
    public async Task Concurrent_requests_with_one_idempotency_key_have_one_effect()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var name = "Concurrent " + Guid.NewGuid().ToString("N");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Owner.Post("/api/toolkits", new { owner = "org", name }, key)));
        answers.ShouldAllBe(answer => answer.Status == 201 || answer.Status == 409);
        answers.Where(answer => answer.Status == 201).Select(answer => answer.Text).Distinct().Count().ShouldBe(1);
        (await world.Owner.All("/api/toolkits")).Count(toolkit => toolkit.GetProperty("name").GetString() == name).ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_request_gives_its_idempotency_key_back()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        (await world.Owner.Post("/api/toolkits", new { owner = "org", name = "" }, key)).Expect(422);
        (await world.Owner.Post("/api/toolkits", new { owner = "org", name = "Corrected" }, key)).Expect(201);
    }

    [Fact]
    public async Task A_secret_that_is_shown_once_is_not_shown_to_a_repeat()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        (await world.Owner.Post("/api/account/api-keys", new { name = "Once" }, key)).Expect(201);
        IsProblem(await world.Owner.Post("/api/account/api-keys", new { name = "Once" }, key), 409, "secret-shown-once", "a repeat");
    }

    [Fact]
    public async Task A_list_is_read_whole_in_pages_of_any_size()
    {
        var marker = "paged-" + Guid.NewGuid().ToString("N")[..8];
        for (var i = 0; i < 7; i++)
        {
            (await world.Owner.Post("/api/toolkits", new { owner = "org", name = $"{marker} {i}", slug = $"{marker}-{i}" })).Expect(201);
        }

        var whole = await world.Owner.All("/api/toolkits?limit=1000");
        foreach (var limit in new[] { 1, 2, 3, 7, 1000 })
        {
            var paged = await world.Owner.All($"/api/toolkits?limit={limit}");
            paged.Select(Id).ShouldBe(whole.Select(Id), $"limit {limit}");
        }

        (await world.Owner.Get("/api/toolkits?limit=1")).Json.GetProperty("items").GetArrayLength().ShouldBe(1);
        IsProblem(await world.Owner.Get("/api/toolkits?limit=1001"), 422, "validation", "a limit over 1,000").GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("?limit");
    }

    [Fact]
    public async Task Health_needs_no_credential_and_tells_nothing_more()
    {
        foreach (var path in new[] { "/healthz", "/readyz" })
        {
            var answer = (await new Rest(world.Http, null).Get(path)).Expect(200);
            answer.Text.Length.ShouldBeLessThan(60);
        }
    }

    private static string? Id(JsonElement item) => item.GetProperty("id").GetString();

    private static JsonElement IsProblem(Answer answer, int status, string slug, string what)
    {
        answer.Status.ShouldBe(status, $"{what}: {answer}");
        answer.Header("Content-Type").ShouldNotBeNull(what).ShouldStartWith("application/problem+json", customMessage: what);
        var problem = answer.Json;
        problem.GetProperty("status").GetInt32().ShouldBe(status, what);
        var type = problem.GetProperty("type").GetString().ShouldNotBeNull();
        type.ShouldMatch(@"\Aurn:toolgate:problem:[a-z][a-z0-9-]*\z", what);
        if (slug != "*")
        {
            type.ShouldBe("urn:toolgate:problem:" + slug, what);
        }

        problem.GetProperty("title").GetString().ShouldNotBeNullOrWhiteSpace(what);
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrWhiteSpace(what);
        problem.GetProperty("traceId").GetString().ShouldNotBeNull(what).ShouldMatch(@"\A[0-9a-f]{32}\z", what);
        answer.Text.ShouldNotContain("   at ", customMessage: what);
        return problem;
    }
}
