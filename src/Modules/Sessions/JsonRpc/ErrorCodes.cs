namespace Toolgate.Sessions;

/// <summary>JSON-RPC error codes on the MCP surface.</summary>
internal static class ErrorCodes
{
    /// <summary>The body is not JSON.</summary>
    public const int Parse = -32700;

    /// <summary>The body is not one well-formed JSON-RPC message.</summary>
    public const int InvalidRequest = -32600;

    /// <summary>The method is not served in this era.</summary>
    public const int MethodNotFound = -32601;

    /// <summary>Parameters are missing or wrong; also an unknown tool.</summary>
    public const int InvalidParams = -32602;

    /// <summary>Toolgate failed, for example because the log cannot be reached.</summary>
    public const int Internal = -32603;

    /// <summary>Refused by the transport: origin, verb, missing session, media types, size.</summary>
    public const int Transport = -32000;

    /// <summary>No credential, no such toolkit, no such session; told apart by the HTTP status and the text.</summary>
    public const int NotFound = -32001;

    /// <summary>There is no such resource for this caller; 2026-07-28 says <see cref="InvalidParams"/> instead.</summary>
    public const int ResourceNotFound = -32002;

    /// <summary>The credential may not do this here.</summary>
    public const int Forbidden = -32003;

    /// <summary>Header and body disagree (2026-07-28, "Server Validation").</summary>
    public const int HeaderMismatch = -32020;

    /// <summary>What the request needs from its client, the client did not declare (2026-07-28).</summary>
    public const int MissingCapability = -32021;

    /// <summary>The protocol version is not served (2026-07-28).</summary>
    public const int UnsupportedVersion = -32022;
}
