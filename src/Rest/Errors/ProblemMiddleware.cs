using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Rest;

/// <summary>Turns every failure under <c>/api</c> into a problem document: never an empty body, never a stack.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/api"))
        {
            await next(context);
            return;
        }

        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null })
            {
                await Bare(context).ExecuteAsync(context);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; there is nobody to answer.
            context.Response.StatusCode = 499;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var problem = Of(exception);
            if (problem.Problem.Status == StatusCodes.Status500InternalServerError)
            {
                Log.Failed(logger, exception, context.Request.Method, context.Request.Path);
            }

            context.Response.Clear();
            await problem.ExecuteAsync(context);
        }
    }

    /// <summary>How System.Text.Json marks a text that is no Unicode, found only when the text was read: its own serializer turns it into a JsonException.</summary>
    private const string NoText = "System.Text.Json.Rethrowable";

    private static ProblemResult Of(Exception exception) => exception switch
    {
        InvalidOperationException { Source: NoText } => Problem.Of(400, "malformed_json", "The body holds a text that is not valid Unicode."),
        RequestException request => request.ToProblem(),
        BadHttpRequestException { InnerException: RequestException inner } => inner.ToProblem(),
        BadHttpRequestException { StatusCode: 413 } => Problem.Of(413, "too_large", "The request body is larger than this endpoint accepts."),
        BadHttpRequestException { StatusCode: 415 } => Problem.Of(415, "unsupported_media_type", "Send the body as application/json."),
        BadHttpRequestException { InnerException: JsonException json } => JsonFaults.Problem(json),
        BadHttpRequestException bad => JsonFaults.Binding(bad.StatusCode, bad.Message),
        EventStoreUnavailableException => Unavailable,
        NpgsqlException database when EventStoreUnavailableException.IsMeantBy(database) => Unavailable,
        _ => Problem.Of(500, "internal", "Something failed inside Toolgate. The trace id leads to the details in its log."),
    };

    private static ProblemResult Unavailable => Problem.Of(503, "log_unavailable", "The log cannot be reached; nothing is known to have changed. Try again.");

    /// <summary>The problem for a status that routing or the framework set without a body.</summary>
    private static ProblemResult Bare(HttpContext context) => context.Response.StatusCode switch
    {
        404 => Problem.Of(404, "not_found", "There is nothing at this path."),
        405 => Problem.Of(405, "method_not_allowed", $"This path does not support {context.Request.Method}."),
        413 => Problem.Of(413, "too_large", "The request body is larger than this endpoint accepts."),
        415 => Problem.Of(415, "unsupported_media_type", "Send the body as application/json."),
        var status => Problem.Of(status, "refused", "The request was refused."),
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, PathString path);
    }
}
