using System.Buffers;
using System.Text.Json;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Calls tools of MCP servers. The arguments go as they are, the result comes as it is.</summary>
internal sealed class McpInvoker(McpCalls calls, UpstreamLinks links, IReadModels models) : IKindInvoker
{
    /// <inheritdoc/>
    public bool Handles(ToolBinding binding) => binding is McpBinding;

    /// <inheritdoc/>
    public async ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, PreparedAuth auth, CallClient client, CancellationToken cancellationToken)
    {
        var binding = (McpBinding)tool.Definition.Binding;
        if (models.Current.Get<ConnectionsState>().Integration(tool.Integration)?.Integration.Server is not { } server)
        {
            return new ToolOutcome.Failed(new ToolError("connection_missing", "The server of this tool is gone.", Retryable: false));
        }

        var request = new McpRequest(McpProtocol.CallTool, Parameters(binding.Name, arguments))
        {
            Name = binding.Name,
            Headers = ParameterHeaders.Values(binding.Headers, arguments),
        };
        return await calls.Send(links.Get(new ConnectionKey(tool.Owner, tool.Integration, tool.Connection), server, auth), request, client, cancellationToken);
    }

    private static byte[] Parameters(string name, ReadOnlyMemory<byte> arguments)
    {
        var output = new ArrayBufferWriter<byte>(arguments.Length + name.Length + 64);
        output.Write("{\"name\":"u8);
        output.Write(JsonSerializer.SerializeToUtf8Bytes(name));
        output.Write(",\"arguments\":"u8);
        output.Write(arguments.Span);
        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }
}
