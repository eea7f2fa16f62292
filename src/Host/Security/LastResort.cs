using Toolgate.Rest;

namespace Toolgate.Host;

/// <summary>
/// Outside <c>/api</c>, where modules answer in their own way, still nothing may end in an empty error or in a stack: what nobody
/// answered becomes a problem document here.
/// </summary>
internal sealed partial class LastResort(RequestDelegate next, ILogger<LastResort> logger)
{
    /// <summary>Runs the rest of the pipeline.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
            {
                await Of(context).ExecuteAsync(context);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            context.Response.StatusCode = exception.StatusCode;
            await Of(context).ExecuteAsync(context);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            Log.Failed(logger, exception, context.Request.Method, context.Request.Path);
            context.Response.Clear();
            await Problem.Of(500, "internal", "Something failed inside Toolgate. The trace id leads to the details in its log.").ExecuteAsync(context);
        }
    }

    private static ProblemResult Of(HttpContext context) => context.Response.StatusCode switch
    {
        404 => Problem.Of(404, "not_found", "There is nothing at this path."),
        405 => Problem.Of(405, "method_not_allowed", $"This path does not support {context.Request.Method}."),
        413 => Problem.Of(413, "too_large", "The request body is larger than this endpoint accepts."),
        var status => Problem.Of(status, "refused", "The request was refused."),
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, PathString path);
    }
}
