using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>How a call of an MCP server's tool is carried out.</summary>
internal sealed class McpBinding : ToolBinding
{
    /// <summary>The name that the server uses.</summary>
    public required string Name { get; init; }

    /// <summary>Arguments that travel in headers, too (<c>x-mcp-header</c>, 2026-07-28).</summary>
    public required ImmutableArray<McpHeader> Headers { get; init; }
}

/// <summary>An argument that travels in a header, too.</summary>
/// <param name="Name">Name of the header after <c>Mcp-Param-</c>.</param>
/// <param name="Path">Names of the properties that lead to it.</param>
internal sealed record McpHeader(string Name, ImmutableArray<string> Path);

/// <summary>The stored form of an <see cref="McpBinding"/>.</summary>
internal static class McpBindingCodec
{
    /// <summary>Writes it.</summary>
    public static void Write(CatalogWriter output, McpBinding binding)
    {
        output.Text(binding.Name);
        output.Many(binding.Headers, static (output, header) =>
        {
            output.Text(header.Name);
            output.Texts(header.Path);
        });
    }

    /// <summary>Reads it.</summary>
    public static McpBinding Read(CatalogReader input)
        => new() { Name = input.Text(), Headers = input.Many(static input => new McpHeader(input.Text(), input.Texts())) };
}
