using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>Calls operations of OpenAPI documents: one built request, one bounded answer.</summary>
internal sealed class OpenApiInvoker(EgressClient egress, IOptions<CallsOptions> options) : IKindInvoker
{
    /// <inheritdoc/>
    public bool Handles(ToolBinding binding) => binding is HttpBinding;

    /// <inheritdoc/>
    public async ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, PreparedAuth auth, CallClient client, CancellationToken cancellationToken)
    {
        var plan = HttpRequestBuilder.Build((HttpBinding)tool.Definition.Binding, arguments);
        if (plan.Request is not { } request)
        {
            return new ToolOutcome.Failed(new ToolError("invalid_arguments", plan.Fault!.Message, Retryable: false, UpstreamResults.Details(plan.Fault)));
        }

        using (request)
        {
            var bare = request.RequestUri!;
            using var response = await egress.Send(request, auth, cancellationToken);
            return response.IsSuccessStatusCode
                ? await Answer(tool, response, bare, cancellationToken)
                : await UpstreamRefusals.Of(response, auth, cancellationToken);
        }
    }

    private async ValueTask<ToolOutcome> Answer(Tool tool, HttpResponseMessage response, Uri bare, CancellationToken cancellationToken)
    {
        var (status, type) = ((int)response.StatusCode, response.Content.Headers.ContentType);
        var limit = options.Value.MaxResponseBytes;
        using var window = UpstreamStreams.IsStream(type) ? new CancellationTokenSource(options.Value.StreamWindow) : null;
        using var body = await BoundedBody.Read(response, limit, cancellationToken, window?.Token ?? default);
        if (body is null)
        {
            return new ToolOutcome.Failed(new ToolError("upstream_too_large", $"The upstream's answer is larger than {limit} bytes.", Retryable: false) { UpstreamStatus = status });
        }

        var outcome = body.IsWhole ? UpstreamResults.Of(status, type, bare, body.Memory.Span) : UpstreamStreams.Begun(status, body.Memory.Span);
        return tool.Definition.OutputSchema.IsEmpty ? outcome : UpstreamResults.AsDeclared(outcome);
    }
}
