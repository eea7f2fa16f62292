namespace Toolgate.Fixture;

/// <summary>The suites' own tools for what cannot be seen otherwise.</summary>
internal static class DiagnosticTools
{
    /// <summary>The tool that comes and goes when a test triggers a change.</summary>
    private static Entry Passing { get; } = Entry.Tool("fixture_passing_tool", "Comes and goes", _ => new(Reply.Text("Here for now")));

    public static IReadOnlyList<Entry> All { get; } =
    [
        Entry.Tool("test_missing_capability", "Needs sampling", async call =>
        {
            await call.Ask(InputRequest.Sample("sample", "Are you there?"));
            return Reply.Text("The client can sample");
        }),
        Entry.Tool("test_streaming_elicitation", "Streams before it asks", async call =>
        {
            call.OpenStream();
            await call.Progress(50, 100);
            var answer = await call.Ask(InputRequest.Field("user_name", "What is your name?", "name"));
            return Reply.Text($"Answered {Rpc.Text(answer["action"])}");
        }),
        Entry.Tool("test_reconnection", "Closes its stream and answers on the next one", async call =>
        {
            call.CutStream();
            // The client is meant to come back for the answer, which is kept for it however long that takes.
            await Task.Delay(TimeSpan.FromMilliseconds(100), call.Cancelled);
            return Reply.Text("Reconnection test completed successfully");
        }),
        Entry.Tool("test_trigger_tool_change", "Changes the list of tools", call =>
        {
            call.Core.Catalog.Tools.Toggle(Passing);
            return new(Reply.Text("The tools changed"));
        }),
        Entry.Tool("test_trigger_prompt_change", "Changes the list of prompts", call =>
        {
            call.Core.Catalog.Prompts.Toggle(FixturePrompts.Passing);
            return new(Reply.Text("The prompts changed"));
        }),
        Entry.Tool(
            "fixture_touch_resource", "Says that a resource changed",
            call =>
            {
                call.Core.Audience.ResourceUpdated(call.Text("uri", "test://watched-resource"));
                return new(Reply.Text("Touched"));
            },
            """{"type":"object","properties":{"uri":{"type":"string"}}}"""),
        Entry.Tool(
            "fixture_environment", "Returns an environment variable of the server's process",
            call => new(Reply.Text(Environment.GetEnvironmentVariable(call.Text("name")) ?? "(not set)")),
            """{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"""),
    ];
}
