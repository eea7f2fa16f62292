using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>The <c>_meta</c> and version that every request of 2026-07-28 carries.</summary>
internal static class Envelope
{
    private const string VersionKey = ModernContext.Prefix + "protocolVersion";

    /// <summary>Whether a message claims to be of this era.</summary>
    public static bool IsModern(JsonObject message) => (message["params"]?["_meta"] as JsonObject)?.ContainsKey(VersionKey) == true;

    /// <summary>Checks a request over HTTP.</summary>
    /// <exception cref="RpcException">Something is missing, or header and body disagree.</exception>
    public static void Check(ReceivedRequest received)
    {
        if (received.Method == "initialize" && !received.Meta.ContainsKey(VersionKey))
        {
            throw Unsupported(Rpc.Text(received.Params["protocolVersion"]));
        }

        var version = Rpc.Text(received.Meta[VersionKey]) ?? throw Missing(VersionKey);
        if (received.Header("MCP-Protocol-Version") != version)
        {
            throw new RpcException(RpcException.HeaderMismatch, "MCP-Protocol-Version differs from the version in _meta");
        }

        Check(received.Meta);
    }

    /// <summary>Checks the <c>_meta</c> of a request.</summary>
    /// <exception cref="RpcException">Something is missing, or the version is not served.</exception>
    public static void Check(JsonObject meta)
    {
        var version = Rpc.Text(meta[VersionKey]) ?? throw Missing(VersionKey);
        if (version != Versions.Modern)
        {
            throw Unsupported(version);
        }

        if (meta[ModernContext.Prefix + "clientCapabilities"] is not JsonObject)
        {
            throw Missing(ModernContext.Prefix + "clientCapabilities");
        }
    }

    private static RpcException Missing(string key) => new(RpcException.InvalidParams, $"_meta lacks {key}");

    private static RpcException Unsupported(string? requested) => new(
        RpcException.UnsupportedVersion, "Unsupported protocol version",
        new JsonObject { ["supported"] = new JsonArray(Versions.Modern), ["requested"] = requested });
}
