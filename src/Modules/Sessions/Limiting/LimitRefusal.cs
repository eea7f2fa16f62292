using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Toolgate.Connections;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>A limit says no, for now.</summary>
/// <param name="Subject">Whose limit it is.</param>
/// <param name="Reason">Which one.</param>
/// <param name="RetryAfterSeconds">When it is worth trying again, at least 1.</param>
internal sealed record LimitRefusal(LimitedSubject Subject, LimitReason Reason, int RetryAfterSeconds)
{
    /// <summary>The code of the error, in both protocols.</summary>
    public const string Code = "rate_limited";

    private string Details => string.Create(
        CultureInfo.InvariantCulture, $"\"retryAfterSeconds\":{RetryAfterSeconds},\"limit\":\"{Subject.Kind.Word()}\",\"kind\":\"{Reason.Word()}\"");

    private byte[] Data => Encoding.UTF8.GetBytes($$"""{"code":"{{Code}}","retryable":true,{{Details}}}""");

    private string Message => Reason switch
    {
        LimitReason.Rate => $"There were too many requests: the {Subject.Kind.Word()} has a rate limit.",
        LimitReason.Concurrency => $"Too many calls of the {Subject.Kind.Word()} are under way.",
        _ => $"The {Subject.Kind.Word()} has used up its calls of the day (UTC).",
    } + string.Create(CultureInfo.InvariantCulture, $" Try again in {RetryAfterSeconds} s.");

    /// <summary>The error of a call.</summary>
    public ToolError ToolError() => new(Code, Message, Retryable: true, Encoding.UTF8.GetBytes("{" + Details + "}"));

    /// <summary>The answer to a request for a resource or a prompt, which has no tool error.</summary>
    public ToolOutcome Rejected() => new ToolOutcome.Rejected(ErrorCodes.Transport, Message, Data);

    /// <summary>Answers an MCP request that is no call: 429 with <c>Retry-After</c> and a JSON-RPC error.</summary>
    public Task Answer(HttpContext context, ReadOnlyMemory<byte> id)
    {
        SetRetryAfter(context);
        return McpResponse.Error(
            context, StatusCodes.Status429TooManyRequests, ErrorCodes.Transport, Message, id, Data);
    }

    /// <summary>The problem of a REST request; sets <c>Retry-After</c>.</summary>
    public ProblemResult Problem(HttpContext context)
    {
        SetRetryAfter(context);
        return Rest.Problem.Of(StatusCodes.Status429TooManyRequests, Code, Message);
    }

    private void SetRetryAfter(HttpContext context) => context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
}
