using System.Text.Json;
using Toolgate.TestSupport;

namespace Toolgate.Rest.Tests.Idempotency;

/// <summary>The semantics of <c>Idempotency-Key</c> against a real database.</summary>
public sealed class IdempotencyTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private RestApp app = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.Create();
        app = await RestApp.Start(database);
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task The_same_request_is_carried_out_once_and_answered_alike()
    {
        var first = await Post("/api/sample/counted", "body", "k1");
        var second = await Post("/api/sample/counted", "body", "k1");
        app.Count.ShouldBe(1);
        (second.Status, second.Json.ToString()).ShouldBe((201, first.Json.ToString()));
        second.Response.Headers.Location.ShouldBe(first.Response.Headers.Location);
        second.Response.Headers.ETag.ShouldBe(first.Response.Headers.ETag);
        second.Response.Headers.GetValues("Toolgate-Position").ShouldBe(first.Response.Headers.GetValues("Toolgate-Position"));
        second.Response.Content.Headers.ContentType.ShouldBe(first.Response.Content.Headers.ContentType);
        second.Response.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        first.Response.Headers.Contains("Idempotency-Replayed").ShouldBeFalse();
    }

    [Fact]
    public async Task An_answer_without_a_body_is_repeated_too()
    {
        (await Post("/api/sample/nothing", "", "empty")).Status.ShouldBe(204);
        (await Post("/api/sample/nothing", "", "empty")).Status.ShouldBe(204);
    }

    [Fact]
    public async Task A_large_body_reaches_the_endpoint_whole()
        => (await Post("/api/sample/counted", new string('x', 300_000), "large")).Json.GetProperty("length").GetInt32().ShouldBe(300_000);

    [Theory]
    [InlineData("/api/sample/counted", "other")]
    [InlineData("/api/sample/counted?a=b", "body")]
    [InlineData("/api/sample/nothing", "body")]
    public async Task A_key_that_was_used_for_another_request_is_refused(string path, string body)
    {
        await Post("/api/sample/counted", "body", "k2");
        var (status, problem, _) = await Post(path, body, "k2");
        (status, problem.GetProperty("type").GetString()).ShouldBe((422, "urn:toolgate:problem:idempotency-key-reused"));
        app.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Another_caller_has_keys_of_its_own()
    {
        await Post("/api/sample/counted", "body", "k3");
        (await Post("/api/sample/counted", "another body", "k3", "usr_2")).Status.ShouldBe(201);
        app.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_key_whose_request_runs_answers_that_it_runs()
    {
        var first = Post("/api/sample/gated", "", "k4");
        await app.Reached.Task;
        var (status, problem, response) = await Post("/api/sample/gated", "", "k4");
        (status, problem.GetProperty("type").GetString()).ShouldBe((409, "urn:toolgate:problem:idempotency-outcome-unknown"));
        response.Headers.RetryAfter.ShouldNotBeNull();
        app.Gate.SetResult();
        (await first).Status.ShouldBe(200);
        (await Post("/api/sample/gated", "", "k4")).Status.ShouldBe(200);
        app.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_request_gives_its_key_back()
    {
        (await Post("/api/sample/refusing", "", "k5")).Status.ShouldBe(409);
        (await Post("/api/sample/refusing", "", "k5")).Json.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:conflict");
        app.Count.ShouldBe(2);
        (await Post("/api/sample/", """{"must":7}""", "k6")).Status.ShouldBe(422);
        (await Post("/api/sample/", """{"must":"x"}""", "k6")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_503_that_the_endpoint_answered_gives_its_key_back_and_one_that_it_threw_does_not()
    {
        (await Post("/api/sample/busy", "", "k13")).Status.ShouldBe(503);
        (await Post("/api/sample/busy", "", "k13")).Status.ShouldBe(503);
        app.Count.ShouldBe(2);
        (await Post("/api/sample/unavailable", "", "k14")).Status.ShouldBe(503);
        (await Post("/api/sample/unavailable", "", "k14")).Status.ShouldBe(409);
    }

    [Fact]
    public async Task A_request_that_failed_may_have_had_its_effect_and_keeps_its_key()
    {
        (await Post("/api/sample/failing", "", "k7")).Status.ShouldBe(500);
        (await Post("/api/sample/failing", "", "k7")).Status.ShouldBe(409);
        app.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_secret_is_neither_kept_nor_shown_again()
    {
        (await Post("/api/sample/secret", "", "k8")).Json.GetProperty("value").GetString().ShouldBe("shown once");
        var (status, problem, _) = await Post("/api/sample/secret", "", "k8");
        (status, problem.GetProperty("type").GetString()).ShouldBe((409, "urn:toolgate:problem:secret-shown-once"));
        app.Count.ShouldBe(1);
        (await database.Scalar<long>("select count(*) from toolgate.idempotency_keys k where k::text like '%shown%' or encode(body, 'escape') like '%shown%'")).ShouldBe(0);
    }

    [Fact]
    public async Task The_body_of_a_request_is_kept_as_a_salted_digest_only()
    {
        await Post("/api/sample/counted", "password-in-a-body", "k9");
        (await database.Scalar<long>("select count(*) from toolgate.idempotency_keys k where encode(body, 'escape') like '%password%' or k::text like '%password%'")).ShouldBe(0);
        await Post("/api/sample/counted", "password-in-a-body", "k10");
        (await database.Scalar<long>("select count(distinct request_digest) from toolgate.idempotency_keys where key in ('k9', 'k10')")).ShouldBe(2);
    }

    [Fact]
    public async Task After_a_day_a_key_is_free_again()
    {
        await Post("/api/sample/counted", "body", "k11");
        await database.Execute("update toolgate.idempotency_keys set created_at = now() - interval '25 hours'");
        (await Post("/api/sample/counted", "another body", "k11")).Status.ShouldBe(201);
        app.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Without_a_caller_a_key_means_nothing()
    {
        await app.Send(HttpMethod.Post, "/api/sample/counted", "body", ("Idempotency-Key", "k12"));
        await app.Send(HttpMethod.Post, "/api/sample/counted", "body", ("Idempotency-Key", "k12"));
        app.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("")]
    public async Task A_key_must_be_visible_ascii(string key)
    {
        var (status, problem, _) = await Post("/api/sample/counted", "body", key);
        status.ShouldBe(400);
        problem.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("Idempotency-Key");
        app.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_key_has_two_hundred_and_fifty_five_characters_at_most()
    {
        (await Post("/api/sample/counted", "body", new string('k', 255))).Status.ShouldBe(201);
        (await Post("/api/sample/counted", "body", new string('k', 256))).Status.ShouldBe(400);
    }

    private Task<(int Status, JsonElement Json, HttpResponseMessage Response)> Post(string path, string body, string key, string actor = "usr_1")
        => app.Send(HttpMethod.Post, path, body, ("Actor", actor), ("Idempotency-Key", key));
}
