using System.Collections.Concurrent;

namespace Toolgate.Connections;

/// <summary>
/// One request to an upstream while it lasts: knows the client behind it, relays what the upstream sends for it, and asks the client what the upstream
/// asks. What the client did not declare is refused without asking it.
/// </summary>
/// <param name="id">Id of the request, which is its progress token, too.</param>
/// <param name="client">The client behind it.</param>
/// <param name="capabilities">What that client declared.</param>
/// <param name="reply">The way back to the upstream; null where the era has none.</param>
/// <param name="noticed">Who is told what belongs to no request.</param>
internal sealed class McpExchange(
    long id, CallClient client, ClientCapabilities capabilities, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? reply, INoticed noticed) : IDisposable
{
    private const int MaxStrays = 100;
    private const int MaxQuestions = 8;
    private readonly CancellationTokenSource over = new();
    private readonly ConcurrentDictionary<string, CancellationTokenSource> questions = new(StringComparer.Ordinal);
    private int strays;

    /// <summary>The request's id.</summary>
    public long Id => id;

    /// <summary>Takes what arrived for the request: one message, or a batch (2025-03-26). The answer, when it is here.</summary>
    /// <exception cref="McpFault">Too much of what arrived makes no sense.</exception>
    public async ValueTask<RpcAnswer?> Take(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var batch = json.Span.TrimStart(" \t\r\n"u8).StartsWith("["u8) ? JsonMembers.Elements(json) : null;
        foreach (var part in batch ?? [json])
        {
            if (JsonRpcMessage.Parse(part) is not { } message)
            {
                Stray();
            }
            else if (await Take(message, cancellationToken) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    /// <summary>Takes one message.</summary>
    public async ValueTask<RpcAnswer?> Take(JsonRpcMessage message, CancellationToken cancellationToken)
    {
        switch (message.Kind)
        {
            case JsonRpcKind.Answer when message.Answers(id):
                return RpcAnswer.Of(message);
            case JsonRpcKind.Notification:
                await Notified(message, cancellationToken);
                return null;
            case JsonRpcKind.Request:
                await Asked(message, cancellationToken);
                return null;
            default:
                Stray();
                return null;
        }
    }

    /// <summary>The request is over: nothing is relayed and nobody is asked any more.</summary>
    public void Dispose()
    {
        over.Cancel();
        over.Dispose();
    }

    private async ValueTask Notified(JsonRpcMessage message, CancellationToken cancellationToken)
    {
        switch (message.Method)
        {
            case McpProtocol.Progress:
                if (client.WantsProgress && ProgressOf(message.Params) is { } progress)
                {
                    await client.Notify(McpProtocol.Progress, progress, cancellationToken);
                }

                break;
            case McpProtocol.Message:
                if (McpProtocol.Reaches(JsonMembers.Text(JsonMembers.Find(message.Params, "level")), client.LogLevel))
                {
                    await client.Notify(McpProtocol.Message, message.Params.ToArray(), cancellationToken);
                }

                break;
            case McpProtocol.ElicitationComplete:
                await client.Notify(McpProtocol.ElicitationComplete, message.Params.ToArray(), cancellationToken);
                break;
            case McpProtocol.Cancelled:
                // The upstream takes a question of its own back.
                if (questions.TryRemove(Key(JsonMembers.Find(message.Params, "requestId")), out var question))
                {
                    TakeBack(question);
                }

                break;
            default:
                noticed.Noticed(message.Method!, message.Params);
                break;
        }
    }

    /// <summary>The params without the token, which is ours; null when they are for another request.</summary>
    private ReadOnlyMemory<byte>? ProgressOf(ReadOnlyMemory<byte> parameters)
    {
        if (JsonMembers.Of(parameters) is not { } members || !JsonRpcMessage.IsNumber(members.Find(member => member.Name == McpProtocol.ProgressKey).Value, id))
        {
            Stray();
            return null;
        }

        var kept = members.Where(member => member.Name != McpProtocol.ProgressKey).ToList();
        var output = new byte[2 + kept.Sum(member => member.Key.Length + member.Value.Length + 2)];
        var position = 0;
        void Put(ReadOnlySpan<byte> part)
        {
            part.CopyTo(output.AsSpan(position));
            position += part.Length;
        }

        Put("{"u8);
        foreach (var (_, key, value) in kept)
        {
            Put(position > 1 ? ","u8 : ""u8);
            Put(key.Span);
            Put(":"u8);
            Put(value.Span);
        }

        Put("}"u8);
        return output.AsMemory(0, position);
    }

    private async ValueTask Asked(JsonRpcMessage message, CancellationToken cancellationToken)
    {
        if (reply is null)
        {
            // The modern era has no requests of the server.
            Stray();
            return;
        }

        ReadOnlyMemory<byte> question = message.Id.ToArray();
        if (message.Method == McpProtocol.Ping)
        {
            await reply(McpRequestWriter.Answer(question, new RpcAnswer("{}"u8.ToArray(), default)), cancellationToken);
        }
        else if (!capabilities.Allows(message.Method!, message.Params))
        {
            await reply(McpRequestWriter.Answer(question, McpRequestWriter.Error(McpProtocol.MethodNotFound, "This client did not declare that.")), cancellationToken);
        }
        else
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
            if (questions.Count >= MaxQuestions || !questions.TryAdd(Key(question), stop))
            {
                stop.Dispose();
                await reply(McpRequestWriter.Answer(question, McpRequestWriter.Error(McpProtocol.InternalError, "Too many questions, or one with the id of another.")), cancellationToken);
                return;
            }

            // Beside the stream: what comes on it while the client thinks (progress, a question taken back) is relayed.
            _ = Ask(message.Method!, question, message.Params.ToArray(), stop);
        }
    }

    private async Task Ask(string method, ReadOnlyMemory<byte> question, ReadOnlyMemory<byte> parameters, CancellationTokenSource stop)
    {
        try
        {
            var answer = await client.Ask(method, parameters, stop.Token);
            await reply!(McpRequestWriter.Answer(question, new RpcAnswer(answer.Result, answer.Error)), stop.Token);
        }
        catch (Exception)
        {
            // Taken back, over, or the upstream is gone: the request itself tells which. A client that fails must not leave the upstream waiting.
            if (!stop.IsCancellationRequested)
            {
                await Refuse(question, stop.Token);
            }
        }
        finally
        {
            questions.TryRemove(Key(question), out _);
            stop.Dispose();
        }
    }

    private async ValueTask Refuse(ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        try
        {
            await reply!(McpRequestWriter.Answer(question, McpRequestWriter.Error(McpProtocol.InternalError, "The client could not be asked.")), cancellationToken);
        }
        catch (Exception)
        {
            // Nobody is there to be told.
        }
    }

    private static void TakeBack(CancellationTokenSource question)
    {
        try
        {
            question.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was answered in the meantime.
        }
    }

    private void Stray()
    {
        if (++strays > MaxStrays)
        {
            throw McpFault.Garbage("The upstream sends messages that answer nothing.");
        }
    }

    private static string Key(ReadOnlyMemory<byte> id) => System.Text.Encoding.UTF8.GetString(id.Span);
}
