using System.Text;

namespace Toolgate.Sessions;

/// <summary>What a JSON-RPC message is.</summary>
internal enum MessageKind
{
    /// <summary>Wants an answer.</summary>
    Request,

    /// <summary>Wants none.</summary>
    Notification,

    /// <summary>Is one.</summary>
    Response,
}

/// <summary>
/// One JSON-RPC message, read once. It holds slices of the request's bytes, not copies: what the gateway passes on is what was
/// received. Valid only until the request's body is released.
/// </summary>
internal sealed class McpMessage
{
    /// <summary>The whole message as sent.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>What it is.</summary>
    public MessageKind Kind { get; set; }

    /// <summary>The id as sent, quotes included; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Id { get; set; }

    /// <summary>The method; a constant of <see cref="McpMethods"/> when it is one that Toolgate knows.</summary>
    public string Method { get; set; } = "";

    /// <summary><c>params</c> as sent; empty when absent.</summary>
    public ReadOnlyMemory<byte> Params { get; set; }

    /// <summary><c>result</c> of a response, as sent.</summary>
    public ReadOnlyMemory<byte> Result { get; set; }

    /// <summary><c>error</c> of a response, as sent.</summary>
    public ReadOnlyMemory<byte> Error { get; set; }

    /// <summary><c>params.name</c>.</summary>
    public string? Name { get; set; }

    /// <summary><c>params.uri</c>.</summary>
    public string? Uri { get; set; }

    /// <summary><c>params.taskId</c>.</summary>
    public string? TaskId { get; set; }

    /// <summary><c>params.arguments</c> as sent; empty when absent.</summary>
    public ReadOnlyMemory<byte> Arguments { get; set; }

    /// <summary><c>params.requestId</c> of a cancellation, as sent.</summary>
    public ReadOnlyMemory<byte> RequestId { get; set; }

    /// <summary><c>params.cursor</c> was sent.</summary>
    public bool HasCursor { get; set; }

    /// <summary><c>params.cursor</c> where it is a text.</summary>
    public string? Cursor { get; set; }

    /// <summary><c>params.notifications</c> of <c>subscriptions/listen</c>, as sent.</summary>
    public ReadOnlyMemory<byte> Notifications { get; set; }

    /// <summary><c>params.protocolVersion</c> of <c>initialize</c>.</summary>
    public string? ProtocolVersion { get; set; }

    /// <summary><c>params.clientInfo</c> of <c>initialize</c>, as sent.</summary>
    public ReadOnlyMemory<byte> ClientInfo { get; set; }

    /// <summary><c>params.capabilities</c> of <c>initialize</c>, as sent.</summary>
    public ReadOnlyMemory<byte> Capabilities { get; set; }

    /// <summary>The version in <c>params._meta</c>: the mark of the stateless era.</summary>
    public string? MetaVersion { get; set; }

    /// <summary>The client capabilities that <c>params._meta</c> declares, an object as sent; empty when it declares none, or not as an object.</summary>
    public ReadOnlyMemory<byte> MetaCapabilities { get; set; }

    /// <summary>The client that <c>params._meta</c> names, an object as sent.</summary>
    public ReadOnlyMemory<byte> MetaClientInfo { get; set; }

    /// <summary>The least severe log level that <c>params._meta</c> asks for.</summary>
    public string? MetaLogLevel { get; set; }

    /// <summary><c>params._meta.progressToken</c> as sent, a string or a number.</summary>
    public ReadOnlyMemory<byte> ProgressToken { get; set; }

    /// <summary><c>params.inputResponses</c>, an object as sent; empty when absent.</summary>
    public ReadOnlyMemory<byte> InputResponses { get; set; }

    /// <summary><c>params.requestState</c>; empty, which is no state, when it is not a text.</summary>
    public string? RequestState { get; set; }

    /// <summary><c>params.level</c> of <c>logging/setLevel</c>.</summary>
    public string? Level { get; set; }

    /// <summary>W3C trace context from <c>params._meta</c>.</summary>
    public string? TraceParent { get; set; }

    /// <summary>W3C trace state from <c>params._meta</c>.</summary>
    public string? TraceState { get; set; }

    /// <summary>Copies the id for use beyond the life of the request's body.</summary>
    public string IdText() => Encoding.UTF8.GetString(Id.Span);

    /// <summary>The same message with bytes of its own, for use beyond the life of the request's body.</summary>
    public McpMessage Detached() => MessageReader.Read(Body.ToArray(), out _)!;
}

/// <summary>Why a body is not a message that can be served.</summary>
/// <param name="Code">JSON-RPC error code.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Id">The id where it could be read.</param>
internal readonly record struct MessageFault(int Code, string Message, ReadOnlyMemory<byte> Id = default);

/// <summary>The methods that Toolgate knows.</summary>
internal static class McpMethods
{
    public const string Initialize = "initialize";
    public const string Initialized = "notifications/initialized";
    public const string Cancelled = "notifications/cancelled";
    public const string Ping = "ping";
    public const string Discover = "server/discover";
    public const string ListTools = "tools/list";
    public const string CallTool = "tools/call";
    public const string Listen = "subscriptions/listen";
    public const string GetPrompt = "prompts/get";
    public const string ReadResource = "resources/read";
    public const string ListResources = "resources/list";
    public const string ListTemplates = "resources/templates/list";
    public const string Subscribe = "resources/subscribe";
    public const string Unsubscribe = "resources/unsubscribe";
    public const string ListPrompts = "prompts/list";
    public const string Complete = "completion/complete";
    public const string SetLevel = "logging/setLevel";
    public const string Progress = "notifications/progress";
    public const string LogMessage = "notifications/message";
    public const string ElicitationComplete = "notifications/elicitation/complete";
    public const string Elicit = "elicitation/create";
    public const string Sample = "sampling/createMessage";
    public const string ListRoots = "roots/list";

    private static readonly (byte[] Utf8, string Name)[] Known = new[]
        { CallTool, ListTools, Ping, Initialize, Initialized, Discover, Listen, Cancelled, GetPrompt, ReadResource, ListResources, ListTemplates, Subscribe,
            Unsubscribe, ListPrompts, Complete, SetLevel }
        .Select(name => (Encoding.UTF8.GetBytes(name), name)).ToArray();

    /// <summary>The constant for a method's bytes without copying, or null for another method.</summary>
    public static string? Find(ReadOnlySpan<byte> utf8)
    {
        foreach (var (bytes, name) in Known)
        {
            if (utf8.SequenceEqual(bytes))
            {
                return name;
            }
        }

        return null;
    }
}
