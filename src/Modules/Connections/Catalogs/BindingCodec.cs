namespace Toolgate.Connections;

/// <summary>The stored form of bindings: one byte that says the kind, which is never given to another kind, then what that kind's codec writes.</summary>
internal static class BindingCodec
{
    private const byte Http = 0;
    private const byte GraphQl = 1;
    private const byte Mcp = 2;

    /// <summary>Writes a binding of any kind.</summary>
    public static void Write(CatalogWriter output, ToolBinding binding)
    {
        switch (binding)
        {
            case HttpBinding http:
                output.Byte(Http);
                HttpBindingCodec.Write(output, http);
                break;
            case GraphQlBinding graphQl:
                output.Byte(GraphQl);
                GraphQlBindingCodec.Write(output, graphQl);
                break;
            case McpBinding mcp:
                output.Byte(Mcp);
                McpBindingCodec.Write(output, mcp);
                break;
            default:
                throw new InvalidOperationException($"{binding.GetType().Name} has no stored form.");
        }
    }

    /// <summary>Reads a binding.</summary>
    /// <exception cref="ArgumentException">The kind is not known here.</exception>
    public static ToolBinding Read(CatalogReader input) => input.Byte() switch
    {
        Http => HttpBindingCodec.Read(input),
        GraphQl => GraphQlBindingCodec.Read(input),
        Mcp => McpBindingCodec.Read(input),
        var kind => throw new ArgumentException($"Bindings of kind {kind} are not known here."),
    };
}
