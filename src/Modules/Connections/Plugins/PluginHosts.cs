using System.Net;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>
/// Which hosts a manifest may name. Addresses are judged again when they are dialled; this tells an author early what would never work, and keeps plain
/// http and address literals out where the operator opened no network.
/// </summary>
internal sealed class PluginHosts(AddressRules addresses, IOptions<EgressOptions> options)
{
    private readonly bool opensNetworks = options.Value.AllowPrivateNetworks || options.Value.AllowedNetworks.Length > 0;

    /// <summary>Whether plain http may be spoken to the host: only with what may be inside a network that the operator allowed.</summary>
    public bool AllowsPlainHttp(string host) => opensNetworks && AllowsHost(host);

    /// <summary>Whether the host may be named at all.</summary>
    public bool AllowsHost(string host)
    {
        if (AddressRules.IsMetadataHost(host))
        {
            return false;
        }

        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return opensNetworks && addresses.Judge(address) == AddressVerdict.Allowed;
        }

        return opensNetworks || !IsLocalName(host);
    }

    /// <summary>Names that never lead to a public address.</summary>
    private static bool IsLocalName(string host)
        => !host.Contains('.', StringComparison.Ordinal) || host.EndsWith(".localhost", StringComparison.Ordinal) || host.EndsWith(".local", StringComparison.Ordinal)
            || host.EndsWith(".internal", StringComparison.Ordinal);
}
