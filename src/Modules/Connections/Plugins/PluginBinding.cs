using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>How a call of a plugin's tool becomes one HTTP request. Immutable; holds no credential.</summary>
internal sealed class PluginBinding : ToolBinding
{
    /// <summary>Id of the plugin.</summary>
    public required string Plugin { get; init; }

    /// <summary><c>id__tool</c>.</summary>
    public required string WireName { get; init; }

    /// <summary>GET, POST, PUT, PATCH or DELETE.</summary>
    public required string Method { get; init; }

    /// <summary>Absolute, without a trailing slash.</summary>
    public required string BaseUrl { get; init; }

    /// <summary>The path below it, parsed.</summary>
    public required PathTemplate Path { get; init; }

    /// <summary>Whether arguments travel in the query rather than in a JSON body.</summary>
    public required bool InQuery { get; init; }

    /// <summary>How long an answer may take; null for the deadline of every call alone.</summary>
    public required TimeSpan? Timeout { get; init; }

    /// <summary>Hosts that the request and its redirects may reach.</summary>
    public required ImmutableArray<string> AllowedHosts { get; init; }

    /// <summary>What the structured result must conform to; null when the author declared nothing.</summary>
    public required CompiledSchema? Output { get; init; }

    /// <summary>Whether a call may go there: a declared host, and never from https down to plain http.</summary>
    /// <param name="target">The request, or a hop of its redirects.</param>
    /// <param name="scheme">The scheme that the call began with.</param>
    public bool Allows(Uri target, string scheme)
        => AllowedHosts.Contains(target.IdnHost, StringComparer.OrdinalIgnoreCase) && (target.Scheme == scheme || target.Scheme == Uri.UriSchemeHttps);
}
