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

    /// <summary>The proxy by way of which upstreams are reached, such as <c>http://proxy.internal:3128</c>; may hold a user name and a password. None when it is not given.</summary>
    public string? Proxy { get; set; }

    /// <summary>User name and password for the proxy, with a colon between them; instead of those in its URL.</summary>
    public string? ProxyCredentials { get; set; }

    /// <summary>Targets that are reached directly: host names, names below one (<c>*.internal.example</c>), and networks in CIDR form for targets that are addresses.</summary>
    public string[] NoProxy { get; set; } = [];

    /// <summary>Leaves looking up names to the proxy, for networks in which nobody else can. What a name stands for is then the proxy's to judge.</summary>
    public bool ProxyResolvesNames { get; set; }

    /// <summary>Whether every network can be read.</summary>
    public bool IsValid() => AllowedNetworks.All(network => IPNetwork.TryParse(network, out _)) && ConnectTimeout > TimeSpan.Zero;

    /// <summary>Whether the proxy can be used as it is given.</summary>
    public bool HasValidProxy() => (string.IsNullOrEmpty(Proxy)
            || (Uri.TryCreate(Proxy, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url is { PathAndQuery: "/", Fragment: "" }))
        && (ProxyCredentials is null || (ProxyCredentials.Contains(':', StringComparison.Ordinal) && !AuthTemplateRules.HasControl(ProxyCredentials)))
        && NoProxy.All(entry => entry.Length > 0 && (IPNetwork.TryParse(entry, out _) || !entry.AsSpan().ContainsAny('/', ':', ' ') || IPAddress.TryParse(entry, out _)));
}
