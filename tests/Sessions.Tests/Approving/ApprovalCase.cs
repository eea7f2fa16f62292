using System.Text.Json;
using Toolgate.Connections;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests;

/// <summary>A gateway with a tool that asks, and the few things that tests of approvals do with it.</summary>
public abstract class ApprovalCase : IAsyncLifetime
{
    internal const string Asked = "demo_org_main_things_delete";
    internal const string Address = "demo.org.main.things.delete";

    private protected MovedClock Clock { get; } = new();

    private protected World World { get; }

    private protected TestDatabase Database { get; private set; } = null!;

    private protected Gateway Gateway { get; private set; } = null!;

    private protected virtual (string Key, string Value)[] Settings => [];

    private protected ApprovalCase() => World = new World { Clock = Clock };

    public async Task InitializeAsync()
    {
        Database = await TestDatabase.Create();
        Gateway = await Gateway.Start(Database, World, Settings);
    }

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>Another node, or this one after a restart.</summary>
    private protected Task<Gateway> Another() => Gateway.Start(Database, World, Settings);

    private protected async Task<Answer> Call(string arguments = "{}", string token = "alice-key", string path = "/mcp", string capabilities = "{}", Gateway? at = null)
    {
        var answer = await (at ?? Gateway).Ask(Mcp.ModernPost(Mcp.ModernCallAs(Asked, capabilities, arguments), path, token));

        // A call that was held is answered by the last event of a stream.
        return answer.Headers["Content-Type"] == "text/event-stream"
            ? answer with { Body = answer.Body.Split('\n').Last(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..] }
            : answer;
    }

    private protected Task<Answer> Resume(string id, string token = "alice-key", string path = "/mcp", Gateway? at = null)
        => (at ?? Gateway).Ask(Mcp.ModernPost(Mcp.ModernCall("resume_approval", $$"""{"approval_id":"{{id}}"}"""), path, token));

    /// <summary>Calls, is told that somebody must approve, and tells the id.</summary>
    private protected async Task<string> Ask(string arguments = "{}", string token = "alice-key", string path = "/mcp")
    {
        var answer = await Call(arguments, token, path);
        Code(answer).ShouldBe("approval_required", answer.Body);
        return IdOf(answer);
    }

    private protected Task<Answer> Decide(string id, string decision = "approve", string token = "admin-key", Gateway? at = null)
        => (at ?? Gateway).Ask(Mcp.Post($$"""{"decision":"{{decision}}"}""", $"/api/approvals/{id}/decision", token));

    private protected async Task Approve(string id) => (await Decide(id)).Status.ShouldBe(200);

    private protected Task<Answer> Show(string id, string token = "admin-key") => Gateway.Ask(Mcp.Request(HttpMethod.Get, "/api/approvals/" + id, token));

    private protected async Task<string> StatusOf(string id) => (await Show(id)).Json.GetProperty("status").GetString()!;

    private protected async Task<List<object>> Story(string id)
    {
        var events = new List<object>();
        await foreach (var e in Gateway.EventLog.ReadStream("approval-" + id))
        {
            events.Add(e.Data);
        }

        return events;
    }

    private protected static string? Code(Answer answer)
        => answer.Result.TryGetProperty("structuredContent", out var structured) && structured.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : null;

    private protected static string IdOf(Answer answer)
        => answer.Result.GetProperty("structuredContent").GetProperty("error").GetProperty("details").GetProperty("approvalId").GetString()!;

    private protected static JsonElement Structured(Answer answer) => answer.Result.GetProperty("structuredContent");

    private protected static Task<ToolOutcome> Done(string text) => Task.FromResult<ToolOutcome>(
        new ToolOutcome.Answered("""[{"type":"text","text":"done"}]"""u8.ToArray(), System.Text.Encoding.UTF8.GetBytes(text)));
}

/// <summary>The system's clock, moved by hand.</summary>
internal sealed class MovedClock : TimeProvider
{
    private long ticks;

    public void Move(TimeSpan by) => Interlocked.Add(ref ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref ticks));
}
