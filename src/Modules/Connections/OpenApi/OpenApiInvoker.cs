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
                ? await Answer(response, bare, cancellationToken)
                : await UpstreamRefusals.Of(response, auth, cancellationToken);
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
}
