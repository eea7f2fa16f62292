using System.Diagnostics;
using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// Calls tools of plugins: one built request to the declared hosts, one bounded answer. What the service learns of the caller is in headers that the
/// gateway itself writes; the caller's own credential never leaves.
/// </summary>
internal sealed class PluginInvoker(EgressClient egress, IReadModels models, TimeProvider time, IOptions<CallsOptions> options) : IKindInvoker
{
    /// <summary>Id of the principal who calls, from the verified credential.</summary>
    public const string PrincipalHeader = "Toolgate-Principal";

    /// <summary>The tool's wire name.</summary>
    public const string ToolHeader = "Toolgate-Tool";

    /// <summary>The trace under which the call is found in the audit log.</summary>
    public const string TraceHeader = "Toolgate-Trace";

    /// <inheritdoc/>
    public bool Handles(ToolBinding binding) => binding is PluginBinding;

    /// <inheritdoc/>
    public async ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, PreparedAuth auth, CallClient client, CancellationToken cancellationToken)
    {
        var binding = (PluginBinding)tool.Definition.Binding;

        // What was listed a moment ago may have been disabled, changed or held back since: what holds now decides.
        if (models.Current.Get<ConnectionsState>().Integration(tool.Integration)?.Integration.Plugin?.MayCall(tool.Definition.Name, tool.Definition.Digest) != true)
        {
            return Failed("upstream_unavailable", "The plugin is not enabled, or this definition of the tool is not approved any more.", retryable: false);
        }

        var plan = PluginRequest.Build(binding, arguments);
        if (plan.Request is not { } request)
        {
            return new ToolOutcome.Failed(new ToolError("invalid_arguments", plan.Fault!.Message, Retryable: false, UpstreamResults.Details(plan.Fault)));
        }

        using (request)
        {
            AddContext(request, binding, client);
            using var own = binding.Timeout is { } timeout ? new CancellationTokenSource(timeout, time) : null;
            using var either = own is null ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, own.Token);
            try
            {
                return await Send(binding, request, auth, either?.Token ?? cancellationToken);
            }
            catch (OperationCanceledException) when (own?.IsCancellationRequested == true && !cancellationToken.IsCancellationRequested)
            {
                return Failed("upstream_timeout", $"The plugin did not answer within the {binding.Timeout!.Value.TotalMilliseconds:0} milliseconds of its route.", retryable: true);
            }
        }
    }

    private async ValueTask<ToolOutcome> Send(PluginBinding binding, HttpRequestMessage request, PreparedAuth auth, CancellationToken cancellationToken)
    {
        var bare = request.RequestUri!;
        using var response = await egress.Send(request, auth, cancellationToken, target => binding.Allows(target, bare.Scheme));
        var status = (int)response.StatusCode;
        if (!response.IsSuccessStatusCode)
        {
            return await PluginErrors.Of(response, auth, cancellationToken);
        }

        var limit = options.Value.MaxResponseBytes;
        using var body = await BoundedBody.Read(response, limit, cancellationToken);
        if (body is null)
        {
            return new ToolOutcome.Failed(new ToolError("upstream_too_large", $"The plugin's answer is larger than {limit} bytes.", Retryable: false) { UpstreamStatus = status });
        }

        var outcome = UpstreamResults.Of(status, response.Content.Headers.ContentType, bare, body.Memory.Span);
        return binding.Output is { } schema && outcome is ToolOutcome.Answered answered && Mismatch(schema, answered) is { } fault
            ? new ToolOutcome.Failed(new ToolError("invalid_upstream_output", fault, Retryable: false) { UpstreamStatus = status })
            : outcome;
    }

    /// <summary>Says where, never what: the answer that does not conform is not the caller's to see.</summary>
    private static string? Mismatch(CompiledSchema schema, ToolOutcome.Answered answered)
    {
        if (answered.StructuredContent.IsEmpty)
        {
            return "The plugin declares a structured result and answered without one.";
        }

        return schema.Validate(answered.StructuredContent) is [{ } fault, ..]
            ? $"The plugin's answer does not conform to the tool's output schema ({fault.Code} at '{(fault.Pointer.Length > 200 ? fault.Pointer[..200] : fault.Pointer)}')."
            : null;
    }

    private static void AddContext(HttpRequestMessage request, PluginBinding binding, CallClient client)
    {
        request.Headers.TryAddWithoutValidation(PrincipalHeader, client.Caller.Id);
        request.Headers.TryAddWithoutValidation(ToolHeader, binding.WireName);
        if (Activity.Current is { } activity)
        {
            request.Headers.TryAddWithoutValidation(TraceHeader, activity.TraceId.ToString());
        }
    }

    private static ToolOutcome.Failed Failed(string code, string message, bool retryable) => new(new ToolError(code, message, retryable));
}
