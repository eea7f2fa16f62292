using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Fixture;

/// <summary>Streamable HTTP of 2026-07-28: every POST stands alone, and closing its connection cancels it.</summary>
internal sealed class ModernHttp(FixtureCore core, CancellationToken stopping)
{
    public async Task Post(HttpContext http, ReceivedRequest received)
    {
        var message = received.Message!;
        if (!Rpc.IsRequest(message))
        {
            // Notifications need no answer; an answer of the client answers nothing in this era.
            http.Response.StatusCode = Rpc.IsNotification(message) ? StatusCodes.Status202Accepted : StatusCodes.Status400BadRequest;
            return;
        }

        try
        {
            Envelope.Check(received);
            HeaderCheck.Check(received, core.Catalog);
        }
        catch (RpcException refusal)
        {
            await Wire.Json(http, refusal.Status == 200 ? 400 : refusal.Status, Rpc.Write(Rpc.Error(message["id"], refusal)));
            return;
        }

        var stream = new MessageStream(0);
        if (received.Method == "subscriptions/listen")
        {
            await Listen(http, message, stream);
            return;
        }

        var running = Run(http, message, stream);
        try
        {
            await Wire.Answer(http, stream, resumable: false, primed: false);
        }
        finally
        {
            await running;
        }
    }

    private async Task Run(HttpContext http, JsonObject message, MessageStream stream)
    {
        await Task.Yield();
        if (await Answering.Run(new ModernContext(core, message, stream, http.Abort, http.RequestAborted)) is { } answer)
        {
            stream.Send(answer.Message, answer.Status);
        }

        stream.Complete();
    }

    private async Task Listen(HttpContext http, JsonObject message, MessageStream stream)
    {
        if (Listening.Of(message, stream) is not { } listening)
        {
            await Wire.Json(http, 400, Rpc.Write(Rpc.Error(message["id"], new RpcException(RpcException.InvalidParams, "notifications is missing"))));
            return;
        }

        core.Audience.Add(listening);
        try
        {
            listening.Acknowledge();
            using var _ = stopping.Register(listening.End);
            await Wire.Begin(http);
            await Wire.Events(http, stream, 0, first: true, resumable: false);
        }
        finally
        {
            core.Audience.Remove(listening);
        }
    }
}
