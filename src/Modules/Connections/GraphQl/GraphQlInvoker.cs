using System.Net.Http.Headers;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>Calls fields of GraphQL APIs (GraphQL over HTTP, always POST). Goes to the endpoint in force, whatever it was when the schema was read.</summary>
internal sealed class GraphQlInvoker(EgressClient egress, Commands commands, IOptions<CallsOptions> options) : IKindInvoker
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <inheritdoc/>
    public bool Handles(ToolBinding binding) => binding is GraphQlBinding;

    /// <inheritdoc/>
    public ArgumentFault? Check(ToolBinding binding, ReadOnlyMemory<byte> arguments) => GraphQlRequestBuilder.SelectionFault((GraphQlBinding)binding, arguments);

    /// <inheritdoc/>
    public async ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, PreparedAuth auth, CallClient client, CancellationToken cancellationToken)
    {
        if (commands.State.Integration(tool.Integration)?.Integration.BaseUrl is not { } endpoint)
        {
            return new ToolOutcome.Failed(new ToolError("connection_missing", "The integration of this tool is gone.", Retryable: false));
        }

        var plan = GraphQlRequestBuilder.Build((GraphQlBinding)tool.Definition.Binding, arguments);
        if (plan.Fault is { } fault)
        {
            return new ToolOutcome.Failed(new ToolError("invalid_arguments", fault.Message, Retryable: false, UpstreamResults.Details(fault)));
        }

        using var request = Post(endpoint, plan.Body);
        var bare = request.RequestUri!;
        using var response = await egress.Send(request, auth, cancellationToken);
        if (!response.IsSuccessStatusCode && !GraphQlResults.MayHoldErrors(response))
        {
            return await UpstreamRefusals.Of(response, auth, cancellationToken);
        }

        var limit = options.Value.MaxResponseBytes;
        using var body = await BoundedBody.Read(response, limit, cancellationToken);
        return body is null
            ? new ToolOutcome.Failed(new ToolError("upstream_too_large", $"The upstream's answer is larger than {limit} bytes.", Retryable: false) { UpstreamStatus = (int)response.StatusCode })
            : GraphQlResults.Of(response, bare, body.Memory, auth);
    }

    /// <summary>A request of GraphQL over HTTP.</summary>
    public static HttpRequestMessage Post(string endpoint, ReadOnlyMemory<byte> body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = Json;
        request.Headers.TryAddWithoutValidation("Accept", "application/graphql-response+json, application/json;q=0.9");
        return request;
    }
}
