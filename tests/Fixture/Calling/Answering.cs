using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Turns whatever a handler does into the one answer of its request.</summary>
internal static class Answering
{
    /// <summary>The answer, or null when the request was cancelled and must not be answered.</summary>
    public static async Task<Outgoing?> Run(CallContext call)
    {
        try
        {
            await call.Core.Behaviour.Passage(call.Method, call.Cancelled);
            var result = await Dispatcher.Answer(call);
            return new Outgoing(Rpc.Result(call.Id, call.IsModern ? Stamp(result) : result), 200);
        }
        catch (InputRequiredException asking)
        {
            return new Outgoing(Rpc.Result(call.Id, Stamp(asking.Result)), 200);
        }
        catch (RpcException error)
        {
            return new Outgoing(Rpc.Error(call.Id, error), call.IsModern ? error.Status : 200);
        }
        catch (ToolFailureException failure)
        {
            return new Outgoing(Rpc.Error(call.Id, new RpcException(-32603, failure.Message)), 200);
        }
        catch (DiedException)
        {
            return null;
        }
        catch (OperationCanceledException) when (call.Cancelled.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception broken)
        {
            // A handler with a defect must show in the test that meets it, not end the server.
            return new Outgoing(Rpc.Error(call.Id, new RpcException(-32603, broken.ToString())), 200);
        }
    }

    /// <summary>2026-07-28: every result says what it is and who made it.</summary>
    private static JsonObject Stamp(JsonObject result)
    {
        result.TryAdd("resultType", "complete");
        if (result["_meta"] is not JsonObject meta)
        {
            result["_meta"] = meta = [];
        }

        meta.TryAdd(ModernContext.Prefix + "serverInfo", Discovery.ServerInfo());
        return result;
    }
}

/// <summary>The connection of a request was killed on purpose.</summary>
internal sealed class DiedException : Exception;
