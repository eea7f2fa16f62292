using System.Buffers;
using Microsoft.AspNetCore.Http;
using Toolgate.Access;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>Stand-in.</summary>
internal delegate ValueTask<CallResult> RelayedWork(CallClient client, McpMessage message, CancellationToken cancellationToken);

/// <summary>Stand-in until the channel lands.</summary>
internal sealed class RelayedRequest(TimeProvider time)
{
    public async Task Run(HttpContext context, Caller caller, McpMessage message, Session? session, string? target, RelayedWork work)
    {
        _ = target;
        _ = time;
        var result = await work(new Client(caller.Principal, message, session), message, context.RequestAborted);
        switch (result.Outcome)
        {
            case ToolOutcome.Rejected rejected:
                await McpResponse.Error(context, 200, rejected.Code, rejected.Message, message.Id, rejected.Data);
                break;
            case ToolOutcome.Failed failed:
                await McpResponse.Error(context, 200, -32603, failed.Error.Message, message.Id, System.Text.Encoding.UTF8.GetBytes($$"""{"code":"{{failed.Error.Code}}"}"""));
                break;
            case ToolOutcome.Relayed relayed:
                await McpResponse.Result(context, message.Id.Span, relayed.Result.Span[..^1], default, session is null ? ServerIdentity.ModernTail : "}"u8);
                break;
            default:
                McpResponse.Accepted(context);
                break;
        }
    }

    private sealed class Client(Principal caller, McpMessage message, Session? session) : CallClient(caller)
    {
        public override ReadOnlyMemory<byte> Params => message.Params;

        public override bool IsStateless => session is null;

        public override string PoolKey => session?.Facts.Id ?? Caller.Id;
    }
}
