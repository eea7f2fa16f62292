using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>Calls HTTP upstreams: prepared credentials, built request, one deadline over everything, a bounded response.</summary>
internal sealed class HttpToolInvoker(EgressClient egress, ConnectionAuth auths, Deadlines deadlines, IOptions<CallsOptions> options) : IToolInvoker
{
    private const int ExcerptBytes = 2_000;

    public IReadOnlyList<ArgumentFault> Check(Tool tool, ReadOnlyMemory<byte> arguments) => ToolSchemas.Check(tool.Definition, arguments);

    public async ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, Principal caller, CancellationToken cancellationToken)
    {
        using var activity = ConnectionsTelemetry.Source.StartActivity("upstream call");
        activity?.SetTag("toolgate.address", tool.Address);
        var started = Stopwatch.GetTimestamp();
        var deadline = deadlines.Start(options.Value.Timeout);
        try
        {
            using var callerGone = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
            var outcome = await Guarded(tool, arguments, deadline, cancellationToken);
            var code = outcome is ToolOutcome.Failed failed ? failed.Error.Code : "answered";
            activity?.SetTag("toolgate.outcome", code);
            ConnectionsTelemetry.CallDuration.Record(
                Stopwatch.GetElapsedTime(started).TotalSeconds, new("toolgate.integration", tool.Integration), new("toolgate.outcome", code));
            return outcome;
        }
        finally
        {
            deadlines.End(deadline);
        }
    }

    /// <summary>Everything that can go wrong becomes an outcome; only the caller's own cancellation leaves as an exception.</summary>
    private async ValueTask<ToolOutcome> Guarded(Tool tool, ReadOnlyMemory<byte> arguments, CancellationTokenSource deadline, CancellationToken caller)
    {
        try
        {
            return await Call(tool, arguments, deadline.Token);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(caller);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return Failed("upstream_timeout", $"The upstream did not answer within {options.Value.Timeout.TotalSeconds:0.###} seconds.", retryable: true);
        }
        catch (EgressRefusedException refused)
        {
            return Failed("upstream_unavailable", refused.Message, retryable: false);
        }
        catch (HttpRequestException exception) when (exception.GetBaseException() is EgressRefusedException refused)
        {
            return Failed("upstream_unavailable", refused.Message, retryable: false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            caller.ThrowIfCancellationRequested();
            return (exception as HttpRequestException)?.HttpRequestError switch
            {
                HttpRequestError.ConfigurationLimitExceeded => Failed("upstream_too_large", "The headers of the upstream's answer are too large.", retryable: false),
                HttpRequestError.InvalidResponse => Failed("invalid_upstream_output", "The upstream does not speak HTTP.", retryable: false),
                _ when exception is IOException => Failed("upstream_unavailable", "The upstream broke off its answer.", retryable: true),
                _ => Failed("upstream_unavailable", "The upstream cannot be reached.", retryable: true),
            };
        }
    }

    private async ValueTask<ToolOutcome> Call(Tool tool, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
    {
        var binding = tool.Definition.Binding as HttpBinding
            ?? throw new InvalidOperationException($"{tool.Address} is not an HTTP tool; its kind needs an invoker of its own.");
        if (await auths.Find(new ConnectionKey(tool.Owner, tool.Integration, tool.Connection), cancellationToken) is not { } auth)
        {
            return Failed("connection_missing", "The connection of this tool is gone or has no usable credentials.", retryable: false);
        }

        var plan = HttpRequestBuilder.Build(binding, arguments);
        if (plan.Request is not { } request)
        {
            return new ToolOutcome.Failed(new ToolError("invalid_arguments", plan.Fault!.Message, Retryable: false, UpstreamResults.Details(plan.Fault)));
        }

        using (request)
        {
            var bare = request.RequestUri!;
            using var response = await egress.Send(request, auth, cancellationToken);
            return response.IsSuccessStatusCode
                ? await Answer(response, bare, cancellationToken)
                : await Refusal(response, auth, cancellationToken);
        }
    }

    private async ValueTask<ToolOutcome> Answer(HttpResponseMessage response, Uri bare, CancellationToken cancellationToken)
    {
        var limit = options.Value.MaxResponseBytes;
        using var body = await BoundedBody.Read(response, limit, cancellationToken);
        return body is null
            ? new ToolOutcome.Failed(new ToolError("upstream_too_large", $"The upstream's answer is larger than {limit} bytes.", Retryable: false) { UpstreamStatus = (int)response.StatusCode })
            : UpstreamResults.Of((int)response.StatusCode, response.Content.Headers.ContentType, bare, body.Memory.Span);
    }

    /// <summary>What the upstream says about a caller's mistake helps the agent; what it says about its own failure is its secret.</summary>
    private static async ValueTask<ToolOutcome> Refusal(HttpResponseMessage response, PreparedAuth auth, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return new ToolOutcome.Failed(
                new ToolError("connection_rejected", $"The upstream refused the credentials of this connection (status {status}).", Retryable: false, UpstreamResults.Details(status, excerpt: null))
                { UpstreamStatus = status });
        }

        var excerpt = status is >= 400 and < 500 ? await Excerpt(response, auth, cancellationToken) : null;
        var retryable = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
        return new ToolOutcome.Failed(
            new ToolError("upstream_http_error", $"The upstream answered with status {status}.", retryable, UpstreamResults.Details(status, string.IsNullOrEmpty(excerpt) ? null : excerpt))
            { UpstreamStatus = status });
    }

    /// <summary>The first words of the answer. Read further than shown, so that a credential at the cut is whole when it is looked for.</summary>
    private static async ValueTask<string> Excerpt(HttpResponseMessage response, PreparedAuth auth, CancellationToken cancellationToken)
    {
        const int LongestCharacter = 4;
        var bytes = new byte[ExcerptBytes + auth.LongestSecret + LongestCharacter];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        try
        {
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            var shown = Encoding.UTF8.GetCharCount(bytes, 0, Math.Min(length, ExcerptBytes));
            return string.Concat(auth.Mask(Encoding.UTF8.GetString(bytes, 0, length), shown).Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? ' ' : c));
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            // The status has been said; the words are an extra.
            return "";
        }
    }

    private static ToolOutcome.Failed Failed(string code, string message, bool retryable) => new(new ToolError(code, message, retryable));
}
