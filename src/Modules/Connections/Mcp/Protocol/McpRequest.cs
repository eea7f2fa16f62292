using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>A request to an upstream, before it is known in which session and era it travels.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Parameters">Its own members of <c>params</c>, a JSON object.</param>
internal sealed record McpRequest(string Method, ReadOnlyMemory<byte> Parameters)
{
    /// <summary>What <c>Mcp-Name</c> says: the tool, the prompt, the resource; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>Headers that the tool's schema asks for (<c>x-mcp-header</c>).</summary>
    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Answers to what the upstream had asked (2026-07-28), a JSON object; empty at first.</summary>
    public ReadOnlyMemory<byte> InputResponses { get; init; }

    /// <summary>The <c>requestState</c> that the upstream had given, a JSON string; empty when it gave none.</summary>
    public ReadOnlyMemory<byte> State { get; init; }
}

/// <summary>
/// Writes requests. The bytes of arguments and of everything that is passed on are copied, never written anew. What a client says of its transport or
/// era stays behind: the gateway is the client here.
/// </summary>
internal static class McpRequestWriter
{
    /// <summary>Members of <c>params</c> that belong to the conversation with the client, not to the request.</summary>
    private static readonly HashSet<string> NotPassedOn = new(StringComparer.Ordinal) { "_meta", "inputResponses", "requestState", "task", "cursor" };

    private static readonly HashSet<string> OwnMeta = new(StringComparer.Ordinal)
    {
        McpProtocol.ProgressKey, McpProtocol.VersionKey, McpProtocol.CapabilitiesKey, McpProtocol.ClientInfoKey, McpProtocol.LogLevelKey, McpProtocol.SubscriptionKey,
    };

    /// <summary>Who the gateway says it is.</summary>
    public static ReadOnlyMemory<byte> ClientInfo { get; } = Encoding.UTF8.GetBytes(
        $$"""{"name":"toolgate","title":"Toolgate","version":"{{typeof(McpRequestWriter).Assembly.GetName().Version?.ToString(3) ?? "0"}}"}""");

    /// <summary>A request for a client.</summary>
    /// <param name="id">Its id, which is its progress token, too.</param>
    /// <param name="request">The request.</param>
    /// <param name="era">The era of the session.</param>
    /// <param name="client">The client behind it.</param>
    /// <param name="capabilities">What that client declared and the gateway can relay, a JSON object.</param>
    public static byte[] Write(long id, McpRequest request, McpEra era, CallClient client, ReadOnlyMemory<byte> capabilities)
    {
        var output = new ArrayBufferWriter<byte>(request.Parameters.Length + 512);
        output.Write("{\"jsonrpc\":\"2.0\",\"id\":"u8);
        WriteNumber(output, id);
        output.Write(",\"method\":"u8);
        WriteText(output, request.Method);
        output.Write(",\"params\":{"u8);
        var members = new MemberWriter(output);
        var own = JsonMembers.Of(request.Parameters) ?? [];
        foreach (var member in own.Where(member => member.Name != "_meta"))
        {
            members.Write(member);
        }

        var sent = client.Params.IsEmpty ? [] : JsonMembers.Of(client.Params) ?? [];
        foreach (var member in sent.Where(member => !NotPassedOn.Contains(member.Name) && own.All(known => known.Name != member.Name)))
        {
            members.Write(member);
        }

        if (era == McpEra.Modern)
        {
            members.Write("inputResponses"u8, request.InputResponses);
            members.Write("requestState"u8, request.State);
        }

        WriteMeta(members, id, era, client, capabilities, sent.Find(member => member.Name == "_meta").Value);
        output.Write("}}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The handshake of the legacy era.</summary>
    public static byte[] Initialize(long id, ReadOnlyMemory<byte> capabilities)
        => Encoding.UTF8.GetBytes(
            $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"initialize","params":{"protocolVersion":"{{{McpProtocol.Legacy}}}","capabilities":{{{Encoding.UTF8.GetString(capabilities.Span)}}},"clientInfo":{{{Encoding.UTF8.GetString(ClientInfo.Span)}}}}}""");

    /// <summary>A notification.</summary>
    public static byte[] Notification(string method, ReadOnlyMemory<byte> parameters = default)
    {
        var output = new ArrayBufferWriter<byte>(parameters.Length + 128);
        output.Write("{\"jsonrpc\":\"2.0\",\"method\":"u8);
        WriteText(output, method);
        if (!parameters.IsEmpty)
        {
            output.Write(",\"params\":"u8);
            output.Write(parameters.Span);
        }

        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Tells the upstream that nobody waits for a request any more.</summary>
    public static byte[] Cancelled(long id)
        => Notification(McpProtocol.Cancelled, Encoding.UTF8.GetBytes($$"""{"requestId":{{id}},"reason":"The client no longer waits."}"""));

    /// <summary>An answer to a request of the upstream.</summary>
    /// <param name="id">The request's id as JSON.</param>
    /// <param name="answer">The answer.</param>
    public static byte[] Answer(ReadOnlyMemory<byte> id, RpcAnswer answer)
    {
        var output = new ArrayBufferWriter<byte>(answer.Result.Length + answer.Error.Length + 128);
        output.Write("{\"jsonrpc\":\"2.0\",\"id\":"u8);
        output.Write(id.Span);
        output.Write(answer.Error.IsEmpty ? ",\"result\":"u8 : ",\"error\":"u8);
        output.Write(answer.Error.IsEmpty ? answer.Result.Span : answer.Error.Span);
        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A JSON-RPC error.</summary>
    public static RpcAnswer Error(int code, string message)
        => new(default, Encoding.UTF8.GetBytes($$"""{"code":{{code}},"message":{{JsonSerializer.Serialize(message)}}}"""));

    private static void WriteMeta(MemberWriter outer, long id, McpEra era, CallClient client, ReadOnlyMemory<byte> capabilities, ReadOnlyMemory<byte> sent)
    {
        outer.Open("_meta"u8);
        var meta = new MemberWriter(outer.Output);
        foreach (var member in sent.IsEmpty ? [] : JsonMembers.Of(sent) ?? [])
        {
            if (!OwnMeta.Contains(member.Name) && !member.Name.StartsWith("toolgate/", StringComparison.Ordinal))
            {
                meta.Write(member);
            }
        }

        if (client.WantsProgress)
        {
            meta.Write("progressToken"u8, Encoding.ASCII.GetBytes(id.ToString(CultureInfo.InvariantCulture)));
        }

        if (era == McpEra.Modern)
        {
            meta.Write("io.modelcontextprotocol/protocolVersion"u8, "\"2026-07-28\""u8.ToArray());
            meta.Write("io.modelcontextprotocol/clientCapabilities"u8, capabilities);
            meta.Write("io.modelcontextprotocol/clientInfo"u8, ClientInfo);
            if (client.LogLevel is { } level)
            {
                meta.Write("io.modelcontextprotocol/logLevel"u8, JsonSerializer.SerializeToUtf8Bytes(level));
            }
        }

        outer.Output.Write("}"u8);
    }

    private static void WriteNumber(ArrayBufferWriter<byte> output, long number)
    {
        number.TryFormat(output.GetSpan(20), out var written, provider: CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text) => output.Write(JsonSerializer.SerializeToUtf8Bytes(text));

    /// <summary>Members of one object, with the commas between them.</summary>
    private sealed class MemberWriter(ArrayBufferWriter<byte> output)
    {
        private bool any;

        public ArrayBufferWriter<byte> Output => output;

        public void Write(JsonMember member)
        {
            Comma();
            output.Write(member.Key.Span);
            output.Write(":"u8);
            output.Write(member.Value.Span);
        }

        /// <summary>Nothing when the value is empty.</summary>
        public void Write(ReadOnlySpan<byte> name, ReadOnlyMemory<byte> value)
        {
            if (!value.IsEmpty)
            {
                Name(name);
                output.Write(value.Span);
            }
        }

        public void Open(ReadOnlySpan<byte> name)
        {
            Name(name);
            output.Write("{"u8);
        }

        private void Name(ReadOnlySpan<byte> name)
        {
            Comma();
            output.Write("\""u8);
            output.Write(name);
            output.Write("\":"u8);
        }

        private void Comma()
        {
            if (any)
            {
                output.Write(","u8);
            }

            any = true;
        }
    }
}
