using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Toolgate.Connections;

/// <summary>
/// A session over a pipe that all its requests share. Answers and progress are told apart by their ids; what cannot be told apart goes to the only request
/// that is under way, else it is refused: a question never reaches the wrong caller.
/// </summary>
internal sealed class PipeSession : IMcpSession
{
    private const int MaxQueued = 1_000;
    private const int MaxJunk = 100;
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(5);
    private readonly IPipe pipe;
    private readonly INoticed noticed;
    private readonly ConcurrentDictionary<long, Channel<byte[]>> pending = new();
    private readonly SemaphoreSlim writing = new(1);
    private readonly CancellationTokenSource over = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private McpFault? fault;
    private int disposed;

    private PipeSession(IPipe pipe, INoticed noticed)
    {
        this.pipe = pipe;
        this.noticed = noticed;
        _ = Task.Run(ReadAll);
    }

    /// <inheritdoc/>
    public McpEra Era { get; private set; } = McpEra.Legacy;

    /// <inheritdoc/>
    public ServerFacts Server { get; private set; } = new("", "{}"u8.ToArray(), null, "", "");

    /// <inheritdoc/>
    public bool IsOver => ended.Task.IsCompleted;

    /// <inheritdoc/>
    public string? LogLevel { get; set; }

    /// <summary>Finds out the era and makes the handshake. The pipe belongs to the session from here on.</summary>
    public static async Task<PipeSession> Open(
        IPipe pipe, McpEra? known, ClientCapabilities capabilities, INoticed noticed, TimeProvider time, CancellationToken cancellationToken)
    {
        var session = new PipeSession(pipe, noticed);
        try
        {
            if (known == McpEra.Legacy || !await session.Discover(time, cancellationToken))
            {
                await session.ShakeHands(capabilities, cancellationToken);
            }

            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<RpcAnswer> Request(McpRequest request, CallClient client, ClientCapabilities capabilities, CancellationToken cancellationToken)
    {
        using var exchange = new McpExchange(RequestIds.Next(), client, capabilities, Era == McpEra.Legacy ? Write : null, noticed);
        return await Converse(exchange, McpRequestWriter.Write(exchange.Id, request, Era, client, capabilities.Json), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask Listen(IReadOnlyCollection<string> resources, Action listening, CancellationToken cancellationToken)
    {
        if (Era == McpEra.Legacy)
        {
            // What the server says by itself arrives on the pipe anyway.
            listening();
            await ended.Task.WaitAsync(cancellationToken);
            return;
        }

        listening();
        await Request(new McpRequest(McpProtocol.Listen, ListenFilter.Of(resources)), BackgroundClient.Instance, ClientCapabilities.None, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await pipe.DisposeAsync();
            await over.CancelAsync();
        }
    }

    private async ValueTask<bool> Discover(TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(pipe.DiscoveryPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        Era = McpEra.Modern;
        try
        {
            var answer = await Request(new McpRequest(McpProtocol.Discover, "{}"u8.ToArray()), BackgroundClient.Instance, ClientCapabilities.None, either.Token);
            if (answer.Error.IsEmpty && ServerFacts.OfDiscovery(answer.Result) is { } facts)
            {
                Server = facts;
                return true;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Some old servers say nothing to what they do not know.
        }

        Era = McpEra.Legacy;
        return false;
    }

    private async ValueTask ShakeHands(ClientCapabilities capabilities, CancellationToken cancellationToken)
    {
        using var exchange = new McpExchange(RequestIds.Next(), BackgroundClient.Instance, ClientCapabilities.None, Write, noticed);
        var answer = await Converse(exchange, McpRequestWriter.Initialize(exchange.Id, capabilities.Json), cancellationToken);
        Server = answer.Error.IsEmpty ? ServerFacts.OfHandshake(answer.Result) : throw McpFault.Garbage("The upstream refuses the handshake.");
        await Write(McpRequestWriter.Notification(McpProtocol.Initialized), cancellationToken);
    }

    private async ValueTask<RpcAnswer> Converse(McpExchange exchange, byte[] body, CancellationToken cancellationToken)
    {
        var arrived = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });
        pending[exchange.Id] = arrived;
        var left = (long)pipe.MaxBytes;
        try
        {
            if (IsOver)
            {
                throw Ended();
            }

            await Write(body, cancellationToken);
            await foreach (var message in arrived.Reader.ReadAllAsync(cancellationToken))
            {
                left -= message.Length;
                if (left < 0)
                {
                    throw McpFault.TooLarge(pipe.MaxBytes);
                }

                if (await exchange.Take(message, cancellationToken) is { } answer)
                {
                    return answer;
                }
            }

            throw Ended();
        }
        catch (Exception exception) when (exception is OperationCanceledException or McpFault && !IsOver)
        {
            _ = Tell(McpRequestWriter.Cancelled(exchange.Id));
            throw;
        }
        finally
        {
            pending.TryRemove(exchange.Id, out _);
        }
    }

    private McpFault Ended() => fault ?? McpFault.Unavailable("The upstream ended the connection.");

    private async ValueTask Write(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        try
        {
            await writing.WaitAsync(either.Token);

            // A message is written whole or the pipe is of no use any more: whoever gives up does not stop it.
            await WriteWhole(message).WaitAsync(either.Token);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Ended();
        }
    }

    private async Task WriteWhole(ReadOnlyMemory<byte> message)
    {
        try
        {
            await pipe.Write(message, over.Token);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task Tell(byte[] message)
    {
        using var deadline = new CancellationTokenSource(FarewellTimeout);
        try
        {
            await Write(message, deadline.Token);
        }
        catch (Exception)
        {
            // Nobody waits for it any more.
        }
    }

    private async Task ReadAll()
    {
        var junk = 0;
        try
        {
            while (await pipe.Read(over.Token) is { } json)
            {
                if (json.Span.Trim(" \t\r"u8).IsEmpty)
                {
                    continue;
                }

                if (JsonRpcMessage.Parse(json) is { } message)
                {
                    await Dispatch(message, json);
                }
                else if (++junk > MaxJunk)
                {
                    // Banners and stray prints are forgiven, not a server that prints nothing else.
                    fault = McpFault.Garbage("The upstream does not speak JSON-RPC.");
                    break;
                }
            }
        }
        catch (McpFault broken)
        {
            fault = broken;
        }
        catch (Exception)
        {
            // However the pipe broke: those who wait are told that it did.
        }

        ended.TrySetResult();
        foreach (var waiting in pending.Values)
        {
            waiting.Writer.TryComplete();
        }

        // A pipe of no use keeps no process.
        await DisposeAsync();
    }

    private async ValueTask Dispatch(JsonRpcMessage message, ReadOnlyMemory<byte> json)
    {
        if (Owner(message) is { } owner)
        {
            if (owner.Writer.TryWrite(json.ToArray()) || message.Kind == JsonRpcKind.Notification)
            {
                return;
            }

            // Its caller is too slow for what comes: nothing may pile up, and an answer must not be lost in silence.
            owner.Writer.TryComplete();
        }
        else if (message.Kind == JsonRpcKind.Request)
        {
            await Tell(Uncorrelated.Answer(message));
        }
        else if (message.Kind == JsonRpcKind.Notification)
        {
            noticed.Noticed(message.Method!, message.Params);
        }
    }

    /// <summary>The request that a message belongs to; null when it belongs to none, or nobody can say to which.</summary>
    private Channel<byte[]>? Owner(JsonRpcMessage message)
    {
        var id = message.Kind == JsonRpcKind.Answer ? message.Id
            : message.Method == McpProtocol.Progress ? JsonMembers.Find(message.Params, McpProtocol.ProgressKey)
            : default;
        if (!id.IsEmpty)
        {
            foreach (var (number, channel) in pending)
            {
                if (JsonRpcMessage.IsNumber(id, number))
                {
                    return channel;
                }
            }

            return null;
        }

        return message.Kind == JsonRpcKind.Answer || McpProtocol.IsOfNoRequest(message.Method ?? "")
            ? null
            : pending.Values.Take(2).ToArray() is [var only] ? only : null;
    }
}
