namespace Toolgate.Fixture;

/// <summary>Tools that say something before they answer.</summary>
internal static class NotifyingTools
{
    // The suites want messages that arrive one by one.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static IReadOnlyList<Entry> All { get; } =
    [
        Entry.Tool("test_tool_with_logging", "Sends three log messages", async call =>
        {
            await call.Log("info", "Tool execution started");
            await Task.Delay(Pause, call.Cancelled);
            await call.Log("info", "Tool processing data");
            await Task.Delay(Pause, call.Cancelled);
            await call.Log("info", "Tool execution completed");
            return Reply.Text("Tool with logging executed successfully");
        }),
        Entry.Tool("test_tool_with_progress", "Reports progress three times", async call =>
        {
            await call.Progress(0, 100, "Completed step 0 of 100");
            await Task.Delay(Pause, call.Cancelled);
            await call.Progress(50, 100, "Completed step 50 of 100");
            await Task.Delay(Pause, call.Cancelled);
            await call.Progress(100, 100, "Completed step 100 of 100");
            return Reply.Text("Progress was reported");
        }),
        Entry.Tool("test_logging_tool", "Logs at every severity", async call =>
        {
            foreach (var level in (string[])["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"])
            {
                await call.Log(level, $"A message at {level}", "fixture");
            }

            return Reply.Text("Logged");
        }),
        Entry.Tool(
            "fixture_progress", "Reports progress as often as asked, as fast as it can",
            async call =>
            {
                var count = call.Number("count", 10);
                for (var step = 1; step <= count; step++)
                {
                    await call.Progress(step, count, $"Step {step}");
                }

                return Reply.Text($"{count} steps");
            },
            """{"type":"object","properties":{"count":{"type":"integer","minimum":0}}}"""),
    ];
}
