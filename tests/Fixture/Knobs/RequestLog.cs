namespace Toolgate.Fixture;

/// <summary>Every request that reached the server, oldest first: proof of what an upstream is told and what it is not.</summary>
public sealed class RequestLog
{
    private readonly Lock gate = new();
    private readonly List<ReceivedRequest> requests = [];
    private TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>All of them.</summary>
    public IReadOnlyList<ReceivedRequest> All
    {
        get
        {
            lock (gate)
            {
                return [.. requests];
            }
        }
    }

    /// <summary>The requests of one JSON-RPC method.</summary>
    public IReadOnlyList<ReceivedRequest> Of(string method) => [.. All.Where(request => request.Method == method)];

    /// <summary>How many requests of one JSON-RPC method came.</summary>
    public int Count(string method) => Of(method).Count;

    /// <summary>The newest request of one JSON-RPC method.</summary>
    /// <exception cref="InvalidOperationException">None came.</exception>
    public ReceivedRequest Last(string method)
        => All.LastOrDefault(request => request.Method == method) ?? throw new InvalidOperationException($"No {method} was received.");

    /// <summary>Waits until so many requests of a JSON-RPC method came, and returns the newest.</summary>
    /// <exception cref="TimeoutException">They did not come within a minute.</exception>
    public Task<ReceivedRequest> Arrival(string method, int count = 1)
        => Arrival(request => request.Method == method, count, $"{count} × {method}");

    /// <summary>Waits until so many requests that satisfy a condition came, and returns the newest.</summary>
    /// <exception cref="TimeoutException">They did not come within a minute.</exception>
    public async Task<ReceivedRequest> Arrival(Func<ReceivedRequest, bool> condition, int count, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            Task wait;
            lock (gate)
            {
                var found = requests.Where(condition).ToList();
                if (found.Count >= count)
                {
                    return found[^1];
                }

                wait = arrived.Task;
            }

            try
            {
                await wait.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                var others = string.Join(", ", All.Select(request => request.Method ?? request.Verb));
                throw new TimeoutException($"Waited a minute for {what}; received {others}.");
            }
        }
    }

    /// <summary>Forgets what came so far.</summary>
    public void Clear()
    {
        lock (gate)
        {
            requests.Clear();
        }
    }

    internal void Add(ReceivedRequest request)
    {
        lock (gate)
        {
            requests.Add(request);
            var waiting = arrived;
            arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.TrySetResult();
        }
    }
}
