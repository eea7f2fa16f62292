using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

/// <summary>A TypeScript client in a Node process of its own, driven line by line (clients/driver.mjs).</summary>
public sealed class NodeClient : IMcpClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly object? mode;
    private readonly StringBuilder errors = new();
    private readonly SemaphoreSlim turn = new(1);
    private int lastId;

    private NodeClient(Process process, object? mode)
    {
        this.process = process;
        this.mode = mode;
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
    }

    public static async Task<NodeClient> Start(string script, object? mode)
    {
        var start = new ProcessStartInfo(NodePackages.Node, [Path.Combine("clients", script)])
        {
            WorkingDirectory = await NodePackages.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        return new NodeClient(Process.Start(start)!, mode);
    }

    public Task<Connected> Connect(string url, string? token) => Connect(url, token, asks: false);

    /// <summary>Connects; with <paramref name="asks"/> the client declares that it can be asked, and answers.</summary>
    public async Task<Connected> Connect(string url, string? token, bool asks)
    {
        var result = await Ask("connect", new { url, token, mode, asks });
        return new Connected(
            result.GetProperty("era").GetString(),
            result.GetProperty("protocolVersion").GetString(),
            result.GetProperty("sessionId").GetString(),
            result.GetProperty("server").GetProperty("name").GetString()!,
            result.GetProperty("instructions").GetString());
    }

    public async Task<IReadOnlyList<ListedTool>> List()
        => [.. (await Ask("list")).EnumerateArray().Where(tool => tool.GetProperty("name").GetString() != McpClients.Added)
            .Select(tool => new ListedTool(tool.GetProperty("name").GetString()!, Mcp.AddressOf(tool), tool))];

    public async Task<Called> Call(string name, string arguments = "{}")
        => McpClients.ResultOf(await Ask("call", new { name, arguments = JsonDocument.Parse(arguments).RootElement }));

    public Task Listen() => Ask("listen");

    public Task Changes(int count) => Ask("changes", new { count });

    /// <summary>How a subscription of the modern era ended: <c>graceful</c> or <c>remote</c>.</summary>
    public async Task<string> Ended() => (await Ask("ended")).GetString()!;

    /// <summary>Has the client do something that only these clients do.</summary>
    public Task<JsonElement> Command(string op, object? parameters = null) => Ask(op, parameters);

    public Task Close() => Ask("close");

    public async ValueTask DisposeAsync()
    {
        // The end of its input ends the process; a client that hangs is killed.
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
        turn.Dispose();
    }

    private async Task<JsonElement> Ask(string op, object? parameters = null)
    {
        await turn.WaitAsync();
        try
        {
            var command = parameters is null ? [] : JsonSerializer.SerializeToNode(parameters)!.AsObject();
            command["id"] = ++lastId;
            command["op"] = op;
            await process.StandardInput.WriteLineAsync(command.ToJsonString());
            await process.StandardInput.FlushAsync();
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            var reply = JsonDocument.Parse(line ?? throw new ShouldAssertException($"The client ended at '{op}': {errors}")).RootElement;
            if (reply.GetProperty("ok").GetBoolean())
            {
                return reply.GetProperty("result");
            }

            var error = reply.GetProperty("error");
            throw new RefusedException(
                $"{error.GetProperty("name").GetString()}: {error.GetProperty("message").GetString()}", Number(error, "code"), Number(error, "status") ?? Number(error, "code"));
        }
        finally
        {
            turn.Release();
        }
    }

    private static int? Number(JsonElement error, string name)
        => error.GetProperty(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : null;
}

/// <summary>Where the sources are.</summary>
public static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder)
        => File.Exists(Path.Combine(folder, "Monolith.sln")) ? folder
            : Find(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests must run from inside the repository."));
}
