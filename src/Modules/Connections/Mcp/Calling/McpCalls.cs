using System.Text;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>
/// Carries a request to an upstream to its end: a session, at most one more try when the first certainly did nothing, and the rounds of questions that the
/// modern era needs.
/// </summary>
internal sealed class McpCalls(IOptions<CallsOptions> calls, TimeProvider time)
{
    /// <summary>Most rounds of questions for one request, as the reference clients have it.</summary>
    public const int MaxRounds = 10;

    private const int MaxMessage = 2_000;
    private const int MaxData = 64 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Sends a request for a client and says how it ended.</summary>
    /// <exception cref="McpFault">The upstream did not answer usefully.</exception>
    public async ValueTask<ToolOutcome> Send(UpstreamLink link, McpRequest request, CallClient client, CancellationToken cancellationToken)
    {
        var capabilities = ClientCapabilities.Of(client);
        var next = client.IsStateless ? request with { InputResponses = client.InputResponses, State = client.UpstreamState } : request;
        for (var round = 0; ; round++)
        {
            var answer = await Ask(link, next, client, capabilities, cancellationToken);
            if (!answer.Error.IsEmpty)
            {
                return Rejected(answer, link.Auth);
            }

            var facts = ResultFacts.Of(answer.Result) ?? throw McpFault.Garbage("The upstream answers with a result that is no object.");
            switch (facts.Type)
            {
                case "input_required":
                    break;
                case "task":
                    throw McpFault.Garbage("The upstream answers with a task, which the client did not ask for.");
                default:
                    return new ToolOutcome.Relayed(answer.Result, facts.IsError);
            }

            if (facts.Requests.IsEmpty && facts.State.IsEmpty)
            {
                throw McpFault.Garbage("The upstream needs input and does not say what.");
            }

            var questions = Questions(facts.Requests, capabilities);
            if (client.IsStateless)
            {
                return new ToolOutcome.InputRequired(facts.Requests, facts.State);
            }

            if (round == MaxRounds)
            {
                throw McpFault.Garbage($"The upstream still needs input after {MaxRounds} rounds.");
            }

            if (questions.Count == 0)
            {
                // It only wants to be asked again.
                await Task.Delay(Pause, time, cancellationToken);
            }

            next = request with { InputResponses = await Answers(questions, client, cancellationToken), State = facts.State };
        }
    }

    /// <summary>One request and its answer, in a session that exists.</summary>
    public async ValueTask<RpcAnswer> Ask(UpstreamLink link, McpRequest request, CallClient client, ClientCapabilities capabilities, CancellationToken cancellationToken)
    {
        link.Circuit.Enter();
        var started = time.GetTimestamp();
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                using var lease = await link.Rent(client.PoolKey, capabilities, cancellationToken);
                try
                {
                    await SetLevel(lease.Session, request, client, cancellationToken);
                    var answer = await lease.Session.Request(request, client, capabilities, cancellationToken);
                    link.Circuit.Succeeded();
                    return answer;
                }
                catch (McpFault lost) when (lost is McpSessionLostException or McpEraException)
                {
                    // Neither was processed: the server knew no such session, or not what was said.
                    link.Discard(lease.Session);
                    if (attempt == 0)
                    {
                        continue;
                    }

                    // It was not about the era, then: what it said is its answer.
                    if (lost is McpEraException { Said: { Error.IsEmpty: false } said })
                    {
                        return said;
                    }

                    throw;
                }
            }
        }
        catch (Exception exception)
        {
            Judge(link, exception, time.GetElapsedTime(started), cancellationToken);
            throw;
        }
    }

    /// <summary>A server of the legacy era is told the level once a session; one of the modern era with each request.</summary>
    private static async ValueTask SetLevel(IMcpSession session, McpRequest request, CallClient client, CancellationToken cancellationToken)
    {
        if (session.Era == McpEra.Legacy && client.LogLevel is { } level && request.Method != McpProtocol.SetLevel && session.Server.Has("logging") && session.LogLevel != level)
        {
            session.LogLevel = level;
            var set = new McpRequest(McpProtocol.SetLevel, Encoding.UTF8.GetBytes($$"""{"level":"{{level}}"}"""));
            await session.Request(set, BackgroundClient.Instance, ClientCapabilities.None, cancellationToken);
        }
    }

    /// <summary>What failed at the upstream as a whole counts against it; a refused request, or a caller that gave up, does not.</summary>
    private void Judge(UpstreamLink link, Exception exception, TimeSpan taken, CancellationToken cancellationToken)
    {
        var isOutage = exception switch
        {
            McpFault fault => fault.IsOutage,
            OperationCanceledException => cancellationToken.IsCancellationRequested && taken >= calls.Value.Timeout,
            _ => exception is HttpRequestException or IOException,
        };
        if (isOutage)
        {
            link.Circuit.Failed();
        }
        else if (exception is McpFault)
        {
            link.Circuit.Succeeded();
        }
    }

    /// <summary>What the upstream asks, by key. Beyond what the client declared it must not ask.</summary>
    private static List<(ReadOnlyMemory<byte> Key, string Method, ReadOnlyMemory<byte> Params)> Questions(ReadOnlyMemory<byte> requests, ClientCapabilities capabilities)
    {
        var questions = new List<(ReadOnlyMemory<byte>, string, ReadOnlyMemory<byte>)>();
        foreach (var (_, key, value) in requests.IsEmpty ? [] : JsonMembers.Of(requests) ?? throw McpFault.Garbage("The upstream's inputRequests are no object."))
        {
            var parameters = JsonMembers.Find(value, "params");
            if (JsonMembers.Text(JsonMembers.Find(value, "method")) is not { } method || !capabilities.Allows(method, parameters))
            {
                throw McpFault.Garbage("The upstream asks the client for something that the client did not declare.");
            }

            questions.Add((key, method, parameters));
        }

        return questions;
    }

    private static async ValueTask<ReadOnlyMemory<byte>> Answers(
        List<(ReadOnlyMemory<byte> Key, string Method, ReadOnlyMemory<byte> Params)> questions, CallClient client, CancellationToken cancellationToken)
    {
        if (questions.Count == 0)
        {
            return default;
        }

        using var output = new MemoryStream();
        output.Write("{"u8);
        foreach (var (key, method, parameters) in questions)
        {
            var answer = await client.Ask(method, parameters, cancellationToken);
            if (answer.Result.IsEmpty && method == McpProtocol.Elicit)
            {
                answer = new ClientAnswer("{\"action\":\"cancel\"}"u8.ToArray(), default);
            }

            if (answer.Result.IsEmpty)
            {
                // An answer that is missing is asked for again by the upstream, as often as it likes; its rounds are counted.
                continue;
            }

            output.Write(output.Length > 1 ? ","u8 : ""u8);
            output.Write(key.Span);
            output.Write(":"u8);
            output.Write(answer.Result.Span);
        }

        output.Write("}"u8);
        return output.ToArray();
    }

    private static ToolOutcome.Rejected Rejected(RpcAnswer answer, PreparedAuth auth)
    {
        var message = JsonMembers.Text(JsonMembers.Find(answer.Error, "message")) ?? "The upstream refused the request.";
        var clean = string.Concat(auth.Mask(message, Math.Min(message.Length, MaxMessage)).Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? ' ' : c));
        var data = JsonMembers.Find(answer.Error, "data");
        if (data.Length > MaxData)
        {
            data = default;
        }
        else if (!data.IsEmpty)
        {
            var text = Encoding.UTF8.GetString(data.Span);

            // Data that says a secret back is not passed on at all: masking could make it something else.
            data = auth.Mask(text, text.Length) == text ? data : default;
        }

        return new ToolOutcome.Rejected(answer.Code ?? McpProtocol.InternalError, clean, data);
    }
}
