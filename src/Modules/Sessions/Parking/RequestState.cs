using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>
/// What a <c>requestState</c> of ours holds. The client keeps it and is not trusted with it: it is sealed, worth one retry, and fits only the same principal,
/// credential, resource and request.
/// </summary>
/// <param name="Nonce">Makes it single.</param>
/// <param name="Principal">Who may bring it back.</param>
/// <param name="Credential">With which credential.</param>
/// <param name="Resource">At which resource.</param>
/// <param name="ToolkitId">Of exactly which toolkit.</param>
/// <param name="Target">What the request reaches.</param>
/// <param name="Digest">Of method, name and arguments.</param>
/// <param name="Expires">Unix seconds after which it is worth nothing.</param>
/// <param name="Node">The node on which the request waits; null when it waits upstream.</param>
/// <param name="Parked">The request that waits there.</param>
/// <param name="Upstream">The upstream's own state, a JSON string; null when it gave none.</param>
/// <param name="Approved">The approval that the request used in an earlier round; null for none.</param>
internal sealed record RequestState(
    string Nonce, string Principal, string Credential, string Resource, string? ToolkitId, string Target, string Digest, long Expires, string? Node, string? Parked,
    string? Upstream, string? Approved = null)
{
    private const string Purpose = "request-state/1";

    /// <summary>Longest state that an upstream may have us carry, in bytes.</summary>
    public const int MostUpstreamBytes = 64 * 1024;

    /// <summary>When it expires.</summary>
    public DateTimeOffset ExpiresAt => DateTimeOffset.FromUnixTimeSeconds(Expires);

    /// <summary>The state of a request at this moment.</summary>
    public static RequestState Of(Caller caller, McpMessage message, string target, DateTimeOffset expires) => new(
        Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), caller.Principal.Id, caller.Principal.CredentialId, caller.Resource.Path,
        caller.View.ToolkitId, target, DigestOf(message), expires.ToUnixTimeSeconds(), null, null, null);

    /// <summary>The form that the client keeps.</summary>
    public string Seal(IStateSeal seal) => seal.Seal(JsonSerializer.SerializeToUtf8Bytes(this), Purpose);

    /// <summary>The state that a client brought; null when it is none of this deployment's.</summary>
    public static RequestState? Open(string text, IStateSeal seal)
        => seal.Open(text, Purpose) is { } bytes ? JsonSerializer.Deserialize<RequestState>(bytes) : null;

    /// <summary>Whether it belongs to this caller and this request, and is not too old.</summary>
    public bool Fits(Caller caller, McpMessage message, DateTimeOffset now)
        => Principal == caller.Principal.Id && Credential == caller.Principal.CredentialId && Resource == caller.Resource.Path
            && ToolkitId == caller.View.ToolkitId && ExpiresAt > now && Digest == DigestOf(message);

    /// <summary>What makes a request the same request: the method, what it names, and its arguments however they are written.</summary>
    private static string DigestOf(McpMessage message)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in new[] { message.Method, message.Name ?? "", message.Uri ?? "" })
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        hash.AppendData(CanonicalJson.Of(message.Arguments));
        return Base64Url.EncodeToString(hash.GetHashAndReset());
    }
}
