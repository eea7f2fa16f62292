using System.Net;

namespace Toolgate.Connections;

/// <summary>Section <c>Toolgate:Egress</c>: which networks upstreams may live in.</summary>
internal sealed class EgressOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Toolgate:Egress";

    /// <summary>Allows every address but those of metadata services. For development and networks without anything to protect.</summary>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>Networks in CIDR form that are allowed although they are not public, such as <c>10.20.0.0/16</c>.</summary>
    public string[] AllowedNetworks { get; set; } = [];

    /// <summary>Time to establish a connection.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether every network can be read.</summary>
    public bool IsValid() => AllowedNetworks.All(network => IPNetwork.TryParse(network, out _)) && ConnectTimeout > TimeSpan.Zero;
}
