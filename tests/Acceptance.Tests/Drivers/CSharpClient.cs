using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Toolgate.Acceptance.Tests;

/// <summary>The C# client, in this process. Without a version it negotiates, the newest revision first.</summary>
public sealed class CSharpClient(string? version) : IMcpClient
{
    private readonly SemaphoreSlim changes = new(0);
    private readonly StreamWatcher watcher = new();
    private int seen;
    private McpClient? client;

    public async Task<Connected> Connect(string url, string? token)
    {
        var transport = new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = new Uri(url),
                TransportMode = HttpTransportMode.StreamableHttp,
                AdditionalHeaders = token is null ? null : new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" },
            },
            new HttpClient(watcher, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan },
            ownsHttpClient: true);
        client = await McpClient.CreateAsync(transport, new McpClientOptions
        {
            ClientInfo = new Implementation { Name = "acceptance-csharp", Version = "1.0.0" },
            ProtocolVersion = version,
            // A busy machine must not look like a server of the older era.
            DiscoverProbeTimeout = TimeSpan.FromSeconds(30),
            InitializationTimeout = TimeSpan.FromSeconds(60),
            Handlers = new McpClientHandlers
            {
                NotificationHandlers =
                [
                    new(NotificationMethods.ToolListChangedNotification, (_, _) =>
                    {
                        changes.Release();
                        return ValueTask.CompletedTask;
                    }),
                ],
            },
        });
        return new Connected(
            string.CompareOrdinal(client.NegotiatedProtocolVersion, Mcp.Modern) >= 0 ? "modern" : "legacy",
            client.NegotiatedProtocolVersion, client.SessionId, client.ServerInfo!.Name, client.ServerInstructions);
    }

    public async Task<IReadOnlyList<ListedTool>> List() => await Refusing(async () =>
    {
        var tools = await client!.ListToolsAsync();
        return (IReadOnlyList<ListedTool>)[.. tools.Where(tool => tool.Name != McpClients.Added).Select(tool =>
        {
            var raw = JsonSerializer.SerializeToElement(tool.ProtocolTool, McpJsonUtilities.DefaultOptions);
            return new ListedTool(tool.Name, Mcp.AddressOf(raw), raw);
        })];
    });

    public Task<Called> Call(string name, string arguments = "{}") => Refusing(async () =>
    {
        var result = await client!.CallToolAsync(name, JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments)!);
        return McpClients.ResultOf(JsonSerializer.SerializeToElement(result, McpJsonUtilities.DefaultOptions));
    });

    /// <summary>The client opens its GET stream by itself and does not say when.</summary>
    public Task Listen() => watcher.Open.WaitAsync(TimeSpan.FromSeconds(30));

    public async Task Changes(int count)
    {
        for (; seen < count; seen++)
        {
            (await changes.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue($"Waited for {count} list_changed, saw {seen}.");
        }
    }

    public async Task Close()
    {
        await client!.DisposeAsync();
        client = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (client is not null)
        {
            await client.DisposeAsync();
        }

        watcher.Dispose();
        changes.Dispose();
    }

    private static async Task<T> Refusing<T>(Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (McpProtocolException refused)
        {
            throw new RefusedException(refused.Message, (int)refused.ErrorCode, null);
        }
        catch (HttpRequestException refused)
        {
            throw new RefusedException(refused.Message, null, (int?)refused.StatusCode);
        }
    }

    /// <summary>Sees the GET stream being answered.</summary>
    private sealed class StreamWatcher() : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Open => open.Task;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.Method == HttpMethod.Get && response.IsSuccessStatusCode)
            {
                open.TrySetResult();
            }

            return response;
        }
    }
}
