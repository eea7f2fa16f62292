namespace Toolgate.Rest.Tests;

public sealed class PositionTests : IAsyncLifetime
{
    private static readonly (string, string) Known = ("Actor", "usr_1");
    private RestApp app = null!;

    public async Task InitializeAsync() => app = await RestApp.Start();

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task A_read_of_a_position_that_was_reached_does_not_wait()
        => (await app.Send(HttpMethod.Get, "/api/sample/7", null, Known, ("Toolgate-Min-Position", "10"))).Status.ShouldBe(200);

    [Fact]
    public async Task A_read_of_a_later_position_waits_until_it_is_reached()
    {
        var waiting = app.Send(HttpMethod.Get, "/api/sample/7", null, Known, ("Toolgate-Min-Position", "11"));
        app.ReadModels.Reach();
        (await waiting).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_position_that_is_not_reached_is_no_answer()
    {
        var (status, problem, response) = await app.Send(HttpMethod.Get, "/api/sample/7", null, Known, ("Toolgate-Min-Position", "12"));
        status.ShouldBe(503);
        problem.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:position-not-reached");
        response.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task Nobody_waits_for_a_caller_who_is_not_known()
    {
        (await app.Send(HttpMethod.Get, "/api/sample/7", null, ("Toolgate-Min-Position", "9223372036854775807"))).Status.ShouldBe(200);
        app.ReadModels.Waits.ShouldBe(0);
    }

    [Fact]
    public async Task Read_models_that_have_stopped_answer_nothing()
    {
        app.ReadModels.Fault = new InvalidDataException("a secret of the fold");
        var (status, problem, _) = await app.Send(HttpMethod.Get, "/api/sample/7", null, Known);
        (status, problem.GetProperty("type").GetString()).ShouldBe((503, "urn:toolgate:problem:read-models-stopped"));
        problem.ToString().ShouldNotContain("secret");
        (await app.Send(HttpMethod.Get, "/api/sample/7")).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("soon")]
    [InlineData("")]
    public async Task A_position_that_is_no_number_is_malformed(string position)
    {
        var (status, problem, _) = await app.Send(HttpMethod.Get, "/api/sample/7", null, Known, ("Toolgate-Min-Position", position));
        status.ShouldBe(400);
        problem.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("Toolgate-Min-Position");
    }
}
