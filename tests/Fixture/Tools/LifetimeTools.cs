namespace Toolgate.Fixture;

/// <summary>Tools about how long a call lives and how often it runs.</summary>
internal static class LifetimeTools
{
    public static IReadOnlyList<Entry> All { get; } =
    [
        Entry.Tool(
            "fixture_wait", "Waits until it is cancelled",
            async call =>
            {
                var label = call.Text("label", "unnamed");
                await call.Progress(0, 1, "Waiting");
                var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var registration = call.Cancelled.Register(() => over.TrySetResult());
                call.Core.Calls.Start();
                await over.Task;
                call.Core.Calls.Cancel(label);
                throw new OperationCanceledException(call.Cancelled);
            },
            """{"type":"object","properties":{"label":{"type":"string"}}}"""),
        Entry.Tool(
            "fixture_record", "Remembers that it ran",
            call =>
            {
                call.Core.Calls.Execute(call.Arguments.DeepClone().AsObject());
                return new(Reply.Text($"Execution {call.Core.Calls.Executed.Count}"));
            },
            """{"type":"object","additionalProperties":true}""",
            """{"annotations":{"readOnlyHint":false,"destructiveHint":true,"idempotentHint":false}}"""),
        Entry.Tool("fixture_ask_elsewhere", "Asks on the session's own stream, where nothing says for which call", async call =>
        {
            var field = InputRequest.Field("user_name", "What is your name?", "name");
            var answer = call is LegacyContext { Peer: var peer } ? await peer.Ask(field, peer.Standalone, call.Cancelled) : await call.Ask(field);
            return Reply.Text($"Answered {answer.ToJsonString()}");
        }),
        Entry.Tool("fixture_die", "Loses its connection instead of answering", call => throw call.Die()),
        Entry.Tool("fixture_die_midway", "Reports progress, then loses its connection", async call =>
        {
            call.OpenStream();
            await call.Progress(1, 2, "Halfway");
            throw call.Die();
        }),
    ];
}
