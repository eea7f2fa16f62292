namespace Toolgate.Connections;

/// <summary>The stored form of <see cref="GraphQlBinding"/>. The types are written once for all tools of a catalog.</summary>
internal static class GraphQlBindingCodec
{
    /// <summary>Writes a binding.</summary>
    public static void Write(CatalogWriter output, GraphQlBinding binding)
    {
        output.Text(binding.OperationName);
        output.Text(binding.Head);
        output.Text(binding.Selection);
        output.Texts(binding.Variables);
        output.OptionalText(binding.SelectArgument);
        output.Text(binding.ReturnType);
        output.Shared(binding.Types.Encoded);
    }

    /// <summary>Reads a binding.</summary>
    public static GraphQlBinding Read(CatalogReader input) => new()
    {
        OperationName = input.Text(),
        Head = input.Text(),
        Selection = input.Text(),
        Variables = input.Texts(),
        SelectArgument = input.OptionalText(),
        ReturnType = input.Text(),
        Types = input.Shared(static bytes => new GraphQlTypes(bytes)),
    };
}
