using System.Net;
using Microsoft.Extensions.Options;
using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>Carries out calls of builtin tools, through the management API of this very process.</summary>
internal sealed class BuiltinInvoker(IServiceProvider services, IOptions<CallsOptions> options)
{
    /// <summary>Calls the operation as the caller.</summary>
    public async ValueTask<ToolOutcome> Invoke(BuiltinBinding binding, ReadOnlyMemory<byte> arguments, Principal caller, CancellationToken cancellationToken)
    {
        var api = (IManagementApi?)services.GetService(typeof(IManagementApi)) ?? throw new InvalidOperationException("There are builtin tools but no management API.");
        var plan = HttpRequestBuilder.Build(binding.Request, arguments);
        if (plan.Request is not { } request)
        {
            return new ToolOutcome.Failed(new ToolError("invalid_arguments", plan.Fault!.Message, Retryable: false, UpstreamResults.Details(plan.Fault)));
        }

        using (request)
        using (var response = await api.Send(request, caller, cancellationToken))
        using (var body = await BoundedBody.Read(response, options.Value.MaxResponseBytes, cancellationToken))
        {
            var status = (int)response.StatusCode;
            return body is null
                ? new ToolOutcome.Failed(new ToolError("upstream_too_large", $"The answer is larger than {options.Value.MaxResponseBytes} bytes.", Retryable: false))
                : response.IsSuccessStatusCode
                    ? UpstreamResults.Of(status, response.Content.Headers.ContentType, request.RequestUri!, body.Memory.Span)
                    : new ToolOutcome.Failed(Refusal(response.StatusCode, body.Memory));
        }
    }

    /// <summary>A problem document as a tool error: what it says is Toolgate's own and meant for the caller.</summary>
    private static ToolError Refusal(HttpStatusCode status, ReadOnlyMemory<byte> problem)
    {
        var (type, detail) = ProblemText.Of(problem);
        var code = status switch
        {
            HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized => type.EndsWith(":insufficient-scope", StringComparison.Ordinal) ? "insufficient_scope" : "insufficient_permissions",
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => "invalid_arguments",
            HttpStatusCode.TooManyRequests => "rate_limited",
            _ => "upstream_http_error",
        };
        var retryable = status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests;
        return new ToolError(code, detail.Length == 0 ? $"Toolgate answered with status {(int)status}." : detail, retryable, problem.ToArray()) { UpstreamStatus = (int)status };
    }
}
