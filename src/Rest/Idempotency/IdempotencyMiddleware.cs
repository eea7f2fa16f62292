using System.Text;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Rest;

/// <summary>
/// <c>Idempotency-Key</c> on POST: a successful answer is kept for 24 hours and given again to the same request of the same caller; a
/// refusal, or a 503 that the endpoint itself answered, gives the key back. A key that is still running, or whose request failed or died without an answer, answers 409: a request
/// is never carried out twice under one key.
/// </summary>
internal sealed class IdempotencyMiddleware(RequestDelegate next, IdempotencyStore store)
{
    private const string Header = "Idempotency-Key";
    private static readonly string[] KeptHeaders = ["Content-Type", "Location", "ETag", LogPositionHeaders.Position];

    public Task InvokeAsync(HttpContext context)
        => HttpMethods.IsPost(context.Request.Method) && context.Request.Headers.TryGetValue(Header, out var key)
            && RequestActor.Of(context) is { } actor && context.GetEndpoint() is { } endpoint
            && endpoint.Metadata.GetMetadata<PasswordRequest>() is null
            ? Once(context, actor.Id, key.ToString())
            : next(context);

    private async Task Once(HttpContext context, string actor, string key)
    {
        if (key.Length is 0 or > 255 || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            const string detail = "Idempotency-Key must be 1 to 255 visible ASCII characters.";
            await Problem.Of(400, "malformed", detail, new ProblemError(Header, "invalid_key", detail)).ExecuteAsync(context);
            return;
        }

        var entry = await store.Claim(actor, key, Prefix(context), await Body(context), context.RequestAborted);
        switch (entry)
        {
            case IdempotencyEntry.Claimed:
                await Run(context, actor, key);
                break;
            case IdempotencyEntry.Answered answered when context.GetEndpoint()!.Metadata.GetMetadata<SecretResponse>() is not null && answered.Status < 300:
                await Problem.Of(409, "secret_shown_once", "This request was carried out; its answer held a secret that is shown once.").ExecuteAsync(context);
                break;
            case IdempotencyEntry.Answered answered:
                await Repeat(context, answered);
                break;
            case IdempotencyEntry.OtherRequest:
                await Problem.Of(422, "idempotency_key_reused", "This Idempotency-Key was used for another request.").ExecuteAsync(context);
                break;
            default:
                context.Response.Headers.RetryAfter = "2";
                await Problem.Of(409, "idempotency_outcome_unknown", "A request with this Idempotency-Key is running or ended without an answer.").ExecuteAsync(context);
                break;
        }
    }

    private async Task Run(HttpContext context, string actor, string key)
    {
        var response = context.Response.Body;
        using var buffer = new MemoryStream();
        context.Response.Body = buffer;
        try
        {
            await next(context);
            if (context.Response.StatusCode < 300)
            {
                var secret = context.GetEndpoint()!.Metadata.GetMetadata<SecretResponse>() is not null;
                var headers = KeptHeaders.Where(context.Response.Headers.ContainsKey)
                    .ToDictionary(name => name, name => context.Response.Headers[name].ToString(), StringComparer.Ordinal);
                await store.Keep(actor, key, context.Response.StatusCode, headers, secret ? [] : buffer.ToArray());
            }
            else if (context.Response.StatusCode is < 500 or StatusCodes.Status503ServiceUnavailable)
            {
                // An endpoint that answers 503 itself says that it did nothing; one that may have done something throws.
                await store.Release(actor, key);
            }
        }
        catch (Exception exception) when (exception is RequestException or BadHttpRequestException)
        {
            // Refused before anything was done. After any other failure the key stays taken: the effect may have happened.
            await store.Release(actor, key);
            throw;
        }
        finally
        {
            context.Response.Body = response;
        }

        buffer.Position = 0;
        await buffer.CopyToAsync(response, context.RequestAborted);
    }

    private static async Task Repeat(HttpContext context, IdempotencyEntry.Answered answered)
    {
        context.Response.StatusCode = answered.Status;
        foreach (var (name, value) in answered.Headers)
        {
            context.Response.Headers[name] = value;
        }

        context.Response.Headers["Idempotency-Replayed"] = "true";
        if (answered.Body.Length > 0)
        {
            await context.Response.Body.WriteAsync(answered.Body, context.RequestAborted);
        }
    }

    /// <summary>With the body, what makes two requests the same: path and query.</summary>
    private static byte[] Prefix(HttpContext context) => Encoding.UTF8.GetBytes(context.Request.Path + context.Request.QueryString.Value + "\n");

    /// <summary>The body, kept in memory for the endpoint: the framework's buffering would spool a large one, secrets included, to a temporary file.</summary>
    private static async Task<ReadOnlyMemory<byte>> Body(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        body.Position = 0;
        context.Request.Body = body;
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }
}
