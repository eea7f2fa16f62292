using Microsoft.AspNetCore.Http;
using Toolgate.EventStore;

namespace Toolgate.Rest;

/// <summary>
/// Answers nothing from read models that have stopped: what they still show is old, the keys that were revoked since included.
/// </summary>
internal sealed class StoppedMiddleware(RequestDelegate next, IReadModels models)
{
    public Task InvokeAsync(HttpContext context)
        => models.Fault is not null && RequestActor.Of(context) is not null
            ? Problem.Of(503, "read_models_stopped", "This node can no longer follow the log; its operator finds the reason in its output.").ExecuteAsync(context)
            : next(context);
}
