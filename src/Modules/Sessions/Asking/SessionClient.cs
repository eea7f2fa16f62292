using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>
/// The client behind a request in a session. It is asked by a JSON-RPC request on the stream that answers its own request, and answers in a POST of its own
/// (2025-11-25, "Sending Messages to the Server").
/// </summary>
internal sealed class SessionClient(Caller caller, Session session, Reply reply, SessionsOptions options, TimeProvider time) : CallClient(caller.Principal)
{
    /// <inheritdoc/>
    public override string PoolKey => session.PoolKey;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Capabilities => session.Client.Capabilities;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Params => reply.Message.Params;

    /// <inheritdoc/>
    public override bool WantsProgress => !reply.Message.ProgressToken.IsEmpty;

    /// <inheritdoc/>
    public override string? LogLevel => session.LogLevel;

    /// <inheritdoc/>
    public override bool CanAsk => session.Declared.CanAsk;

    /// <inheritdoc/>
    public override ValueTask Notify(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
    {
        reply.Notify(method, parameters.Span, session.LogLevel);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Wait() => reply.Show();

    /// <inheritdoc/>
    public override async ValueTask<ClientAnswer> Ask(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
    {
        if (session.Declared.Missing(method, parameters.Span) is not null)
        {
            return Answers.NotDeclared(method);
        }

        if (session.Asks.Open(this) is not { } ask)
        {
            return Answers.Refused("The client has too many questions to answer already, or its session has ended.");
        }

        try
        {
            return reply.Send(OutboxKind.Request, Notifications.Request(ask.Id, method, parameters.Span))
                ? await ask.Answer.WaitAsync(options.AnswerWithin, time, cancellationToken)
                : Answers.Refused("The request is over.");
        }
        catch (TimeoutException)
        {
            reply.Send(OutboxKind.Request, Notifications.Cancelled(ask.Id, "No answer came in time."));
            return Answers.Refused("The client did not answer in time.");
        }
        catch (OperationCanceledException)
        {
            reply.Send(OutboxKind.Request, Notifications.Cancelled(ask.Id, "The answer is not needed any more."));
            throw;
        }
        finally
        {
            session.Asks.Close(ask);
        }
    }

    /// <summary>The work is done: questions that still wait are withdrawn.</summary>
    public void End()
    {
        foreach (var ask in session.Asks.Of(this))
        {
            session.Asks.Close(ask);
            reply.Send(OutboxKind.Request, Notifications.Cancelled(ask.Id, "The answer is not needed any more."));
            ask.Complete(Answers.Refused("The request is over."));
        }
    }
}
