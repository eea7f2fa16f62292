using System.Buffers;
using System.Text;
using System.Text.Json;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>Asks the person in front of a client, by a form there or by a page that the client opens (2025-11-25 and 2026-07-28, "Elicitation").</summary>
internal sealed class ClientQuestions(ApprovalDesk desk, ApprovalsOptions options, TimeProvider time)
{
    private const int LongestArguments = 4_000;

    /// <summary>Asks by a form, and decides what is answered. An answer that is none leaves the request as it is.</summary>
    public async Task Form(CallRequest call, ViewTool tool, Approval approval, ShownRequest shown, CancellationToken cancellationToken)
    {
        if (await Ask(call, approval, FormOf(call, tool, shown), isForm: true, cancellationToken) is { } answer)
        {
            await Decide(call, approval, answer, ApproverRule.FormChannel, cancellationToken);
        }
    }

    /// <summary>Has the client open the page and waits for a decision there; how many rounds are left, 0 when the client cannot be asked so.</summary>
    public async Task<int> Page(CallRequest call, ViewTool tool, Approval approval, ShownRequest shown, string url, int rounds, CancellationToken cancellationToken)
    {
        var answer = await Ask(call, approval, PageOf(call, tool, approval, url), isForm: false, cancellationToken);
        if (answer is not { } given)
        {
            return 0;
        }

        if (given != "accept")
        {
            await Decide(call, approval, given, "url", cancellationToken);
            return 0;
        }

        // In a session one question is enough; in the stateless era each wait is a request of its own, so that none outlasts its client's patience.
        var wait = call.Client.IsStateless ? options.Round : options.Round * rounds;
        var settled = await desk.Settled(approval.Id, time.GetUtcNow() + wait, cancellationToken);
        if (!call.Client.IsStateless && settled?.At(time.GetUtcNow()) != ApprovalStatus.Pending)
        {
            await call.Client.Notify(
                McpMethods.ElicitationComplete, Encoding.UTF8.GetBytes($$"""{"elicitationId":"{{approval.Id}}"}"""), cancellationToken);
        }

        return call.Client.IsStateless ? rounds - 1 : 0;
    }

    /// <summary>Tells a client that its call waits.</summary>
    public static ValueTask Progress(CallClient client, int step, CancellationToken cancellationToken) => client.WantsProgress
        ? client.Notify(McpMethods.Progress, Encoding.UTF8.GetBytes($$"""{"progress":{{step}},"message":"Waiting for a person's approval."}"""), cancellationToken)
        : ValueTask.CompletedTask;

    /// <summary>What the person did: <c>accept</c>, <c>decline</c> or <c>cancel</c>; null when the client could not be asked, or somebody decided elsewhere first.</summary>
    private async Task<string?> Ask(CallRequest call, Approval approval, byte[] question, bool isForm, CancellationToken cancellationToken)
    {
        using var elsewhere = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asking = call.Client.Ask(McpMethods.Elicit, question, elsewhere.Token).AsTask();
        var settled = desk.Settled(approval.Id, DateTimeOffset.MaxValue, elsewhere.Token);
        var first = await Task.WhenAny(asking, settled);
        await elsewhere.CancelAsync();
        try
        {
            await ((Task)settled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var answer = await asking;
            return first == asking ? Action(answer, isForm) : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task Decide(CallRequest call, Approval approval, string action, string channel, CancellationToken cancellationToken)
    {
        var outcome = action switch
        {
            "accept" => "approved",
            "decline" => "declined",
            _ => "cancelled",
        };

        // The person's word counts although the one who asks may have gone meanwhile. Whoever decided first has decided.
        await desk.Decide(
            approval.Id, new ApprovalVerdict(outcome, channel, call.Caller.Id, call.Caller.CredentialId), new EventMetadata(call.Caller.Id), CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Reads an <c>ElicitResult</c>. A form that was sent without the yes is a no.</summary>
    private static string? Action(ClientAnswer answer, bool isForm)
    {
        if (answer.Result.IsEmpty)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(answer.Result, new JsonDocumentOptions { MaxDepth = MessageReader.MaxDepth });
            var root = document.RootElement;
            var action = root.TryGetProperty("action"u8, out var said) && said.ValueKind == JsonValueKind.String ? said.GetString() : null;
            return action switch
            {
                "accept" when isForm
                    => root.TryGetProperty("content"u8, out var content) && content.ValueKind == JsonValueKind.Object && content.TryGetProperty("approve"u8, out var approve)
                        && approve.ValueKind == JsonValueKind.True ? "accept" : "decline",
                "accept" => action,
                "decline" or "cancel" => action,
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] FormOf(CallRequest call, ViewTool tool, ShownRequest shown)
    {
        var cut = shown.Arguments.Json.Length > LongestArguments;
        var arguments = cut ? shown.Arguments.Json[..LongestArguments] + "…" : shown.Arguments.Json;
        var message = $"{Lead(call, tool)}\n{shown.Summary}\nArguments: {arguments}"
            + (cut || shown.Arguments.Altered ? "\nSome of the arguments are not shown here." : "");
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            if (call.Client.IsStateless)
            {
                json.WriteString("mode"u8, "form");
            }

            json.WriteString("message"u8, message);
            json.WritePropertyName("requestedSchema"u8);
            json.WriteRawValue(
                """{"type":"object","properties":{"approve":{"type":"boolean","title":"Run this call","description":"Yes runs it once, with exactly these arguments."}},"required":["approve"]}"""u8);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static byte[] PageOf(CallRequest call, ViewTool tool, Approval approval, string url)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("mode"u8, "url");
            json.WriteString("message"u8, Lead(call, tool) + " Open the page to see what it would do, and to decide.");
            json.WriteString("url"u8, url);
            if (!call.Client.IsStateless)
            {
                json.WriteString("elicitationId"u8, approval.Id);
            }

            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static string Lead(CallRequest call, ViewTool tool)
    {
        var title = ShownText.Line(tool.Title ?? tool.Name, 100);
        var through = call.View.ToolkitId is null ? "" : $", through the toolkit \"{ShownText.Line(call.View.Name, 100)}\"";
        return $"A call needs your approval: {title} ({ShownText.Line(tool.Tool.Address, 300)}){through}.";
    }
}
