using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>What is said when the lists of an MCP server cannot be read.</summary>
internal static class SourceFaults
{
    /// <summary>The refusal that a fault of the upstream or of the network means; null when it means something else.</summary>
    public static Rejection? Of(Exception exception, string? pointer = null) => exception switch
    {
        McpFault fault => Rejection.Invalid(
            fault.Error.Code switch
            {
                "upstream_timeout" => "source_timeout",
                "upstream_too_large" => "source_too_large",
                "connection_rejected" or "oauth_reauth_required" or "oauth_refresh_failed" or SecretReferences.Unavailable => fault.Error.Code,
                "invalid_upstream_output" => "invalid_source",
                _ => "source_unavailable",
            },
            fault.Message, pointer),
        _ when exception.GetBaseException() is EgressProxyException proxy => Rejection.Invalid("source_unavailable", proxy.Message, pointer),
        HttpRequestException or IOException or EgressRefusedException => exception.GetBaseException() is EgressRefusedException refused
            ? Rejection.Invalid("egress_refused", refused.Message, pointer)
            : Rejection.Invalid("source_unavailable", "The upstream cannot be reached or does not speak HTTP.", pointer),
        _ => null,
    };

    /// <summary>The upstream took longer than it may.</summary>
    public static Rejection Late(TimeSpan limit, string? pointer = null)
        => Rejection.Invalid("source_timeout", $"The upstream did not show its lists within {limit.TotalSeconds:0} seconds.", pointer);
}
