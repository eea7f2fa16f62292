using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>What the rules say of an address.</summary>
internal enum AddressVerdict
{
    /// <summary>It may be dialled.</summary>
    Allowed,

    /// <summary>It serves credentials of the machine: never.</summary>
    Metadata,

    /// <summary>It is not a public address, and the operator did not allow its network.</summary>
    Private,
}

/// <summary>Which addresses may be dialled (SEMANTICS "Egress").</summary>
internal sealed class AddressRules(IOptions<EgressOptions> options)
{
    /// <summary>Addresses under which cloud platforms hand out credentials.</summary>
    private static readonly HashSet<IPAddress> Metadata =
    [
        IPAddress.Parse("169.254.169.254"),  // AWS, Azure, GCP, OpenStack, DigitalOcean, Oracle
        IPAddress.Parse("169.254.170.2"),    // AWS ECS task credentials
        IPAddress.Parse("169.254.170.23"),   // AWS EKS pod identity
        IPAddress.Parse("169.254.0.23"),     // Tencent
        IPAddress.Parse("100.100.100.200"),  // Alibaba
        IPAddress.Parse("192.0.0.192"),      // Oracle
        IPAddress.Parse("168.63.129.16"),    // Azure wire server
        IPAddress.Parse("fd00:ec2::254"),    // AWS
        IPAddress.Parse("fd00:ec2::23"),     // AWS EKS pod identity
        IPAddress.Parse("fd20:ce::254"),     // GCP
        IPAddress.Parse("fd00:42::42"),      // Scaleway
    ];

    private static readonly HashSet<string> MetadataHosts = new(StringComparer.OrdinalIgnoreCase)
    {
        "metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal", "metadata.azure.internal",
        "metadata.tencentyun.com", "metadata.packet.net", "metadata.platformequinix.com", "rancher-metadata",
    };

    /// <summary>Everything that IANA does not list as global unicast.</summary>
    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    /// <summary>Inside 2000::/3, the only global unicast space, what is not: Teredo, benchmarking, ORCHID, documentation, 6to4.</summary>
    private static readonly IPNetwork[] NotPublicInGlobalSpace =
    [
        .. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20" }.Select(network => IPNetwork.Parse(network)),
    ];

    private readonly IPNetwork[] allowed = [.. options.Value.AllowedNetworks.Select(network => IPNetwork.Parse(network))];
    private readonly bool allowPrivate = options.Value.AllowPrivateNetworks;

    /// <summary>Whether a host name is that of a metadata service, whatever it resolves to.</summary>
    public static bool IsMetadataHost(string host) => MetadataHosts.Contains(host.TrimEnd('.'));

    /// <summary>Whether this machine itself may be dialled.</summary>
    public bool AllowsLoopback => Judge(IPAddress.Loopback) == AddressVerdict.Allowed;

    /// <summary>Judges the address that is about to be dialled.</summary>
    public AddressVerdict Judge(IPAddress address)
    {
        // A scope id (fe80::1%eth0) changes which interface is used, not what the address is.
        address = address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes()) : address;
        var embedded = Embedded(address);
        if (Metadata.Contains(address) || embedded.Any(Metadata.Contains))
        {
            return AddressVerdict.Metadata;
        }

        // A v4-mapped address is that v4 address on the wire; every other form reaches its v4 address only through some gateway.
        var named = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (allowPrivate || allowed.Any(network => network.Contains(address) || network.Contains(named)))
        {
            return AddressVerdict.Allowed;
        }

        return IsPublic(address) ? AddressVerdict.Allowed : AddressVerdict.Private;
    }

    private static bool IsPublic(IPAddress address)
    {
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !NotPublic.Any(network => network.Contains(address))
            : (address.GetAddressBytes()[0] & 0xE0) == 0x20 && !NotPublicInGlobalSpace.Any(network => network.Contains(address)) && !IsIsatap(address);
    }

    /// <summary>The IPv4 addresses that an IPv6 address carries: mapped, compatible, NAT64 (RFC 6052, RFC 8215), 6to4, Teredo, ISATAP.</summary>
    private static IPAddress[] Embedded(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return [];
        }

        var bytes = address.GetAddressBytes();
        var first = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (first == 0x2001_0000)
        {
            // Teredo: the server in clear, the client with every bit turned.
            return [new IPAddress(bytes.AsSpan(4, 4)), new IPAddress([.. bytes[12..].Select(part => (byte)~part)])];
        }

        if (first >> 16 == 0x2002)
        {
            return [new IPAddress(bytes.AsSpan(2, 4))];
        }

        if (first == 0x0064_FF9B && BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(4)) == 1)
        {
            // A network may choose any prefix in here (RFC 8215), and its length says where the address stands: /48, /56, /64, /96 (RFC 6052
            // section 2.2). Octet 8 is always zero and no part of it.
            return
            [
                new IPAddress([bytes[6], bytes[7], bytes[9], bytes[10]]),
                new IPAddress([bytes[7], bytes[9], bytes[10], bytes[11]]),
                new IPAddress(bytes.AsSpan(9, 4)),
                new IPAddress(bytes.AsSpan(12, 4)),
            ];
        }

        return first is 0 or 0x0064_FF9B || IsIsatap(address) ? [new IPAddress(bytes.AsSpan(12, 4))] : [];
    }

    private static bool IsIsatap(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(8)) & 0xFDFF_FFFF) == 0x0000_5EFE;
    }
}
