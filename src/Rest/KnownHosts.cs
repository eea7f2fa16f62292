using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Toolgate.Rest;

/// <summary>
/// The host names under which this deployment may be called: the answer to DNS rebinding. A page of a foreign name that was made to resolve to this machine
/// still names itself.
/// </summary>
/// <param name="publicUrl">Value of <see cref="PublicOrigin.Setting"/>; null when there is none.</param>
/// <param name="names">Further names, without a port; of <see cref="Setting"/>.</param>
public sealed class KnownHosts(string? publicUrl, IReadOnlyCollection<string> names)
{
    /// <summary>The setting with further names.</summary>
    public const string Setting = "Toolgate:Hosts";

    private readonly HashSet<string> known = names.Append(publicUrl is null ? "" : new Uri(publicUrl).Host).Where(name => name.Length > 0)
        .ToHashSet(StringComparer.OrdinalIgnoreCase);

    private readonly bool isClosed = names.Count > 0;

    /// <summary>The configured names; empty when none is.</summary>
    public IReadOnlyCollection<string> Names => known;

    /// <summary>Reads the configuration.</summary>
    public static KnownHosts From(IConfiguration configuration)
        => new(configuration[PublicOrigin.Setting] is { Length: > 0 } url ? url : null, configuration.GetSection(Setting).Get<string[]>() ?? []);

    /// <summary>
    /// Whether the request may name the host that it names. A connection that ends on loopback may name loopback or a configured name. Any other may name
    /// anything, unless names are configured (<see cref="Setting"/>): then only these.
    /// </summary>
    public bool Allow(HttpContext context)
    {
        var host = context.Request.Host.Host;
        if (known.Contains(host))
        {
            return true;
        }

        // What was made inside this process has no address.
        return context.Connection.LocalIpAddress is not { } local || (IPAddress.IsLoopback(local) ? IsLoopbackName(host) : !isClosed);
    }

    /// <summary>Whether a name, without a port, can only mean this machine.</summary>
    public static bool IsLoopbackName(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address));
}
