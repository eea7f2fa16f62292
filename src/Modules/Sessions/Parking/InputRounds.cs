using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>Composes and checks the rounds of a request that needs something from its client (2026-07-28, "Multi Round-Trip Requests").</summary>
internal sealed class InputRounds(IStateSeal seal, SessionsOptions options, TimeProvider time)
{
    /// <summary>Code of "URL elicitation required" in 2025-11-25; later revisions ask instead.</summary>
    private const int UrlElicitationRequired = -32042;

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = MessageReader.MaxDepth };

    /// <summary>Whether requests of a method may need something from their client.</summary>
    public static bool Has(string method) => method is McpMethods.CallTool or McpMethods.GetPrompt or McpMethods.ReadResource;

    /// <summary>Answers a state that is worth nothing: tampered with, expired, used, or of another request, caller or node. Which of these, it does not say.</summary>
    public static Task Refuse(HttpContext context, McpMessage message) => McpResponse.Error(
        context, 200, ErrorCodes.InvalidParams, "Invalid params: the requestState is not valid here, or no longer: send the request again without it", message.Id);

    /// <summary>The answer that asks.</summary>
    /// <param name="requests">Its <c>inputRequests</c>; empty when only the state is to come back.</param>
    /// <param name="state">Its <c>requestState</c>.</param>
    public static CallResult Answer(ReadOnlySpan<byte> requests, string state)
    {
        var output = new ArrayBufferWriter<byte>(requests.Length + state.Length + 256);
        output.Write("{\"resultType\":\"input_required\""u8);
        if (!requests.IsEmpty)
        {
            output.Write(",\"inputRequests\":"u8);
            output.Write(requests);
        }

        output.Write(",\"requestState\":\""u8);
        Encoding.UTF8.GetBytes(state, output);
        output.Write("\"}"u8);
        return new(CallEnd.Outcome, new ToolOutcome.Relayed(output.WrittenMemory, IsError: false));
    }

    /// <summary>The state that an upstream gave and that came back sealed in ours; empty when it gave none.</summary>
    public static ReadOnlyMemory<byte> UpstreamStateOf(RequestState state) => state.Upstream is { } text ? Encoding.UTF8.GetBytes(text) : default;

    /// <summary>
    /// Passes on what an upstream needs from the client, if the client declared that it gives such things; any other result stays as it is.
    /// </summary>
    public CallResult Wrap(Caller caller, McpMessage message, string? target, CallResult result)
    {
        var outcome = result.Outcome is ToolOutcome.Rejected { Code: UrlElicitationRequired } rejected && Has(message.Method) ? Pages(rejected) : result.Outcome;
        if (outcome is not ToolOutcome.InputRequired asked)
        {
            return result.Outcome == outcome ? result : result with { Outcome = outcome };
        }

        if (target is null || !Has(message.Method) || asked.State.Length > RequestState.MostUpstreamBytes || (asked.Requests.IsEmpty && asked.State.IsEmpty))
        {
            return Failed("The upstream asked for something that no client could answer.");
        }

        if (MissingOf(asked.Requests, DeclaredCapabilities.Of(message.MetaCapabilities.Span), out var missing) is false)
        {
            return Failed("The upstream asked for something that is not well-formed.");
        }

        if (missing is not null)
        {
            return new(CallEnd.Outcome, new ToolOutcome.Rejected(
                ErrorCodes.MissingCapability, "Missing required client capability", Encoding.UTF8.GetBytes($$"""{"requiredCapabilities":{{missing}}}""")));
        }

        var state = RequestState.Of(caller, message, target, time.GetUtcNow() + options.AnswerWithin) with { Approved = result.Approval };
        return Answer(asked.Requests.Span, (asked.State.IsEmpty ? state : state with { Upstream = Encoding.UTF8.GetString(asked.State.Span) }).Seal(seal));
    }

    /// <summary>Pages that a client of the older revisions would be told by an error, as questions.</summary>
    private static ToolOutcome Pages(ToolOutcome.Rejected rejected)
    {
        try
        {
            using var data = JsonDocument.Parse(rejected.Data, Deep);
            var output = new ArrayBufferWriter<byte>(512);
            using var json = new Utf8JsonWriter(output, ToolErrors.Relaxed);
            json.WriteStartObject();
            var number = 0;
            foreach (var page in data.RootElement.GetProperty("elicitations"u8).EnumerateArray())
            {
                json.WriteStartObject($"page-{++number}");
                json.WriteString("method"u8, McpMethods.Elicit);
                json.WriteStartObject("params"u8);
                foreach (var member in page.EnumerateObject().Where(member => !member.NameEquals("elicitationId"u8)))
                {
                    member.WriteTo(json);
                }

                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.Flush();
            return number > 0 ? new ToolOutcome.InputRequired(output.WrittenMemory, default) : Plain(rejected);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return Plain(rejected);
        }
    }

    /// <summary>The same refusal with a code that this revision has.</summary>
    private static ToolOutcome.Rejected Plain(ToolOutcome.Rejected rejected) => rejected with { Code = ErrorCodes.InvalidParams };

    /// <summary>What the questions take and the client did not declare; false when they are not well-formed.</summary>
    private static bool MissingOf(ReadOnlyMemory<byte> requests, DeclaredCapabilities declared, out string? missing)
    {
        missing = null;
        if (requests.IsEmpty)
        {
            return true;
        }

        try
        {
            using var document = JsonDocument.Parse(requests, Deep);
            foreach (var request in document.RootElement.EnumerateObject())
            {
                var parameters = request.Value.TryGetProperty("params"u8, out var given) ? Encoding.UTF8.GetBytes(given.GetRawText()) : [];
                missing ??= declared.Missing(request.Value.GetProperty("method"u8).GetString() ?? "", parameters);
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return false;
        }
    }

    private static CallResult Failed(string why)
        => new(CallEnd.Outcome, new ToolOutcome.Failed(new ToolError("invalid_upstream_output", why, Retryable: false)));
}
