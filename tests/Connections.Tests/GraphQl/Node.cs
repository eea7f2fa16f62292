using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Toolgate.Connections.Tests.GraphQl;

/// <summary>Programs of the JavaScript world, each a process that ends with its input.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;

    private Node(Process process) => this.process = process;

    /// <summary>Where the tests' packages are installed.</summary>
    public static string Folder { get; } = Find();

    public static string Package(params string[] path)
    {
        var file = Path.Combine([Folder, "node_modules", .. path]);
        return File.Exists(file) ? file : throw new FileNotFoundException("The packages are not installed. Run: npm ci --prefix tests/Connections.Tests");
    }

    /// <summary>The GraphQL server of <c>server.mjs</c>; answers with its origin when it listens.</summary>
    public static async Task<(Node Node, string Url)> Server()
    {
        var node = Run("server.mjs");
        var port = await node.process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        return (node, $"http://127.0.0.1:{port}");
    }

    /// <summary>What the reference implementation finds wrong with the operations of tools, in one line each; how many it read.</summary>
    public static Task<(List<string> Errors, int Checked)> Validate(string schemaFile, IEnumerable<ToolDefinition> tools)
        => Validate([schemaFile], tools.Select(tool => (tool, (string?)null)));

    /// <summary>The same for tools that each have a schema of their own.</summary>
    public static Task<(List<string> Errors, int Checked)> Validate(IEnumerable<(ToolDefinition Tool, string? Schema)> tools) => Validate([], tools);

    private static async Task<(List<string> Errors, int Checked)> Validate(string[] arguments, IEnumerable<(ToolDefinition Tool, string? Schema)> tools)
    {
        await using var node = Run("validate.mjs", arguments);
        foreach (var (tool, schema) in tools)
        {
            await node.process.StandardInput.WriteLineAsync(
                JsonSerializer.Serialize(new { name = tool.Name, operation = tool.Binding().Operation(tool.Binding().Selection), schema }));
        }

        node.process.StandardInput.Close();
        var errors = new List<string>();
        while (await node.process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            var said = JsonNode.Parse(line)!;
            if (said["checked"] is { } count)
            {
                return (errors, count.GetValue<int>());
            }

            errors.Add(line);
        }

        throw new InvalidOperationException("The validator ended early: " + await node.process.StandardError.ReadToEndAsync());
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private static Node Run(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", [Path.Combine("GraphQl", script), .. arguments])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        return new Node(Process.Start(start)!);
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "tests", "Connections.Tests");
            if (File.Exists(Path.Combine(path, "package.json")))
            {
                return path;
            }
        }

        throw new DirectoryNotFoundException("The tests run outside of their repository.");
    }
}
