using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Answers a request with a JSON-RPC error.</summary>
/// <param name="code">The error code.</param>
/// <param name="message">The error message.</param>
/// <param name="payload">The error's <c>data</c>.</param>
public sealed class RpcException(int code, string message, JsonNode? payload = null) : Exception(message)
{
    /// <summary>The method does not exist.</summary>
    public const int MethodNotFound = -32601;

    /// <summary>The parameters make no sense.</summary>
    public const int InvalidParams = -32602;

    /// <summary>2025 era: the resource does not exist.</summary>
    public const int ResourceNotFound = -32002;

    /// <summary>2025-11-25: the caller must visit a URL first.</summary>
    public const int UrlElicitationRequired = -32042;

    /// <summary>2026-07-28: a header and the body disagree.</summary>
    public const int HeaderMismatch = -32020;

    /// <summary>2026-07-28: the request needs a capability that the client did not declare.</summary>
    public const int MissingCapability = -32021;

    /// <summary>2026-07-28: the version is not served.</summary>
    public const int UnsupportedVersion = -32022;

    /// <summary>The error code.</summary>
    public int Code { get; } = code;

    /// <summary>The error's <c>data</c>.</summary>
    public JsonNode? Payload { get; } = payload;

    /// <summary>The HTTP status of 2026-07-28, which gives some codes one of their own.</summary>
    internal int Status { get; init; } = code switch
    {
        MethodNotFound => 404,
        HeaderMismatch or MissingCapability or UnsupportedVersion => 400,
        _ => 200,
    };
}

/// <summary>Answers a tool call with a result whose <c>isError</c> is true.</summary>
public sealed class ToolFailureException(string message) : Exception(message);
