using System.Text.Json;
using Toolgate.EventStore;

namespace Toolgate.Rest.Tests.Errors;

public sealed class ProblemTests : IAsyncLifetime
{
    private RestApp app = null!;

    public async Task InitializeAsync() => app = await RestApp.Start();

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Theory]
    [InlineData(RejectionKind.NotFound, 404)]
    [InlineData(RejectionKind.Conflict, 409)]
    [InlineData(RejectionKind.Invalid, 422)]
    [InlineData(RejectionKind.Forbidden, 403)]
    [InlineData(RejectionKind.PreconditionFailed, 412)]
    public void Every_kind_of_rejection_has_its_status_and_a_slug_of_its_code(RejectionKind kind, int status)
    {
        var problem = Problem.Of(new Rejection(kind, "some_code", "Because.", "/there")).Problem;
        (problem.Status, problem.Type, problem.Detail).ShouldBe((status, "urn:toolgate:problem:some-code", "Because."));
        problem.Errors.ShouldBe([new ProblemError("/there", "some_code", "Because.")]);
    }

    [Theory]
    [InlineData("""{"must":"x","name":7}""", "/name", "wrong_type")]
    [InlineData("""{"must":"x","count":"7"}""", "/count", "wrong_type")]
    [InlineData("""{"must":"x","count":7.5}""", "/count", "wrong_type")]
    [InlineData("""{"must":"x","inner":[]}""", "/inner", "wrong_type")]
    [InlineData("""{"must":"x","parts":[{"label":"a"},{"label":false}]}""", "/parts/1/label", "wrong_type")]
    [InlineData("""{"must":"x","paint":"green"}""", "/paint", "wrong_type")]
    [InlineData("""{"must":"x","paint":0}""", "/paint", "wrong_type")]
    [InlineData("""{"must":"x","nmae":"y"}""", "/nmae", "unknown_member")]
    [InlineData("""{"must":"x","Name":"y"}""", "/Name", "unknown_member")]
    [InlineData("""{"must":"x","a/b~c":"y"}""", "/a~1b~0c", "unknown_member")]
    [InlineData("""{"must":"x","a.b":"y"}""", "/a.b", "unknown_member")]
    [InlineData("""{"must":"x","inner":{"other":1}}""", "/inner/other", "unknown_member")]
    [InlineData("""{"must":"x","parts":[{"other":1}]}""", "/parts/0/other", "unknown_member")]
    [InlineData("""{"must":"x","name":"a","name":"b"}""", "/name", "duplicate_member")]
    [InlineData("""{"must":"x","inner":{"label":"a","label":"b"}}""", "/inner/label", "duplicate_member")]
    [InlineData("""{"name":"a"}""", "/must", "required")]
    public async Task Json_of_the_wrong_shape_is_unprocessable_and_the_pointer_leads_to_the_fault(string body, string pointer, string code)
    {
        var (status, problem, _) = await app.Send(HttpMethod.Post, "/api/sample/", body);
        status.ShouldBe(422, problem.ToString());
        var error = problem.GetProperty("errors").EnumerateArray().ShouldHaveSingleItem();
        (error.GetProperty("pointer").GetString(), error.GetProperty("code").GetString()).ShouldBe((pointer, code));
        problem.ToString().ShouldNotContain("Toolgate.", customMessage: "names of types stay inside");
        problem.ToString().ShouldNotContain("System.");
    }

    [Theory]
    [InlineData("""{"must":"x",""")]
    [InlineData("""{"must":'x'}""")]
    [InlineData("""{"must":"x"} trailing""")]
    [InlineData("""{"must":"x",}""")]
    [InlineData("")]
    public async Task What_is_not_json_is_malformed(string body)
    {
        var (status, problem, response) = await app.Send(HttpMethod.Post, "/api/sample/", body);
        status.ShouldBe(400);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        problem.GetProperty("type").GetString().ShouldNotBeNull().ShouldStartWith("urn:toolgate:problem:malformed");
        problem.ToString().ShouldNotContain("Sample", customMessage: "names of types stay inside");
    }

    [Fact]
    public async Task Faults_found_by_a_validator_come_all_at_once_with_pointers_of_the_wire()
    {
        var (status, problem, _) = await app.Send(HttpMethod.Post, "/api/sample/", """{"must":"x","name":"too long","inner":{"label":""},"parts":[{"label":"a"},{}]}""");
        status.ShouldBe(422);
        problem.GetProperty("errors").EnumerateArray().Select(error => (error.GetProperty("pointer").GetString(), error.GetProperty("code").GetString())).ShouldBe(
            [("/name", "maximum_length"), ("/inner/label", "not_empty"), ("/parts/1/label", "label_missing")]);
    }

    [Fact]
    public async Task An_enum_is_written_as_the_contracts_write_it()
        => (await app.Send(HttpMethod.Post, "/api/sample/", """{"must":"x","paint":"light_blue"}""")).Json.GetProperty("paint").GetString().ShouldBe("light_blue");

    [Fact]
    public async Task A_parameter_of_the_wrong_type_is_named_without_its_type()
    {
        var (status, problem, _) = await app.Send(HttpMethod.Get, "/api/sample/7?depth=deep");
        status.ShouldBe(400);
        problem.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("?depth");
        problem.GetProperty("detail").GetString().ShouldBe("The parameter 'depth' is missing or has the wrong type.");
    }

    [Theory]
    [InlineData("GET", "/api/nowhere", 404)]
    [InlineData("DELETE", "/api/sample/page", 405)]
    [InlineData("GET", "/api/sample/fault", 500)]
    [InlineData("GET", "/api/sample/unavailable", 503)]
    [InlineData("GET", "/api/sample/database/unreachable", 503)]
    [InlineData("GET", "/api/sample/database/stopping", 503)]
    [InlineData("GET", "/api/sample/database/refused", 500)]
    public async Task Every_failure_is_a_problem_that_tells_nothing_of_the_inside(string method, string path, int expected)
    {
        var (status, problem, _) = await app.Send(new HttpMethod(method), path);
        status.ShouldBe(expected);
        problem.GetProperty("status").GetInt32().ShouldBe(expected);
        problem.GetProperty("traceId").GetString().ShouldNotBeNullOrWhiteSpace();
        problem.ToString().ShouldNotContain("secret");
        problem.ToString().ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Another_content_type_is_unsupported()
    {
        using var content = new FormUrlEncodedContent([new("must", "x")]);
        using var response = await app.Http.PostAsync("/api/sample/", content);
        ((int)response.StatusCode).ShouldBe(415);
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:unsupported-media-type");
    }
}
