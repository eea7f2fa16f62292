using System.Security.Cryptography;
using System.Text;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>A client of an authorization server, as its stream tells it. Holds no secret.</summary>
internal sealed record UpstreamClient(
    string Id, string Issuer, string? Integration, string ClientId, string? SecretId, string AuthMethod, string? RedirectUri, DateTimeOffset? ExpiresAt)
{
    /// <summary>The name of the secret in its sealed row.</summary>
    public const string Secret = "clientSecret";

    /// <summary>Kind of the stream.</summary>
    public const string StreamType = "upstream_client";

    /// <summary>How it is folded; null before its registration and after its removal.</summary>
    public static Fold<UpstreamClient?> Fold { get; } = new(null, Evolve);

    /// <summary>Whether it was registered dynamically.</summary>
    public bool IsDynamic => RedirectUri is not null;

    /// <summary>The stream of a client.</summary>
    public static string StreamOf(string id) => "upstream-client-" + id;

    /// <summary>The identity of a client by what it is for: the same use has one client, whoever registers it and on whichever host.</summary>
    public static string IdOf(string issuer, string? integration, string? redirect)
        => "oac_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer}\n{integration}\n{redirect}")))[..26];

    /// <summary>One step.</summary>
    public static UpstreamClient? Evolve(UpstreamClient? state, object e) => e switch
    {
        UpstreamClientRegistered made => new UpstreamClient(made.Id, made.Issuer, made.Integration, made.ClientId, made.SecretId, made.AuthMethod, made.RedirectUri, made.ExpiresAt),
        UpstreamClientRemoved => null,
        _ => state,
    };
}

/// <summary>A client with what the log says around it.</summary>
internal sealed record UpstreamClientRow(UpstreamClient Client, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version);
