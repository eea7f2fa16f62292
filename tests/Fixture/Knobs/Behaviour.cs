namespace Toolgate.Fixture;

/// <summary>The eras that a server speaks.</summary>
public enum Eras
{
    /// <summary>Sessions and 2026-07-28.</summary>
    Both,

    /// <summary>Sessions only, as a server written before 2026: it does not know the newer revision's methods, codes or headers.</summary>
    Legacy,

    /// <summary>2026-07-28 only.</summary>
    Modern,
}

/// <summary>How requests are answered over HTTP.</summary>
public enum ReplyStyle
{
    /// <summary>With an event stream when something comes before the answer, else with JSON.</summary>
    WhenNeeded,

    /// <summary>With an event stream, except for <c>initialize</c> and errors that have a status of their own.</summary>
    Streams,
}

/// <summary>A malfunction.</summary>
public abstract record Fault
{
    private Fault()
    {
    }

    /// <summary>Answers with a status and a body instead of processing the request.</summary>
    public sealed record Status(int Code, string Body = "", string ContentType = "text/plain") : Fault;

    /// <summary>Answers with 200 and this instead of a JSON-RPC message.</summary>
    public sealed record Garbage(string Body = "<html>not JSON</html>", string ContentType = "application/json") : Fault;

    /// <summary>Closes the connection without an answer.</summary>
    public sealed record Abort : Fault;
}

/// <summary>What tests can change about the server while it runs. Every member may be set at any time.</summary>
public sealed class Behaviour
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, TaskCompletionSource> held = new(StringComparer.Ordinal);
    private int lastSession;

    /// <summary>The eras it speaks.</summary>
    public Eras Eras { get; set; }

    /// <summary>How it answers in the session era. 2026-07-28 is always answered with a stream only when one is needed.</summary>
    public ReplyStyle Replies { get; set; } = ReplyStyle.Streams;

    /// <summary>False: the session era without session ids, as servers that keep no state do it.</summary>
    public bool MintsSessions { get; set; } = true;

    /// <summary>The newest version that <c>initialize</c> agrees to; a client that asks for a newer one gets this one.</summary>
    public string NewestLegacyVersion { get; set; } = Versions.November;

    /// <summary>The value that the <c>Authorization</c> header must have; null lets everyone in.</summary>
    public string? Authorization { get; set; }

    /// <summary>A further header that must have a value, for credentials outside <c>Authorization</c>.</summary>
    public (string Name, string Value)? Header { get; set; }

    /// <summary>The challenge of a 401.</summary>
    public string Challenge { get; set; } = "Bearer realm=\"fixture\"";

    /// <summary>Capabilities that it does not have, such as <c>prompts</c>: not declared, and their methods do not exist.</summary>
    public IReadOnlyList<string> Lacks { get; set; } = [];

    /// <summary>How many entries a page of a list has; 0 is all.</summary>
    public int PageSize { get; set; }

    /// <summary>The freshness that 2026-07-28 lists declare, in milliseconds.</summary>
    public int TtlMs { get; set; } = 300_000;

    /// <summary>The sharing that 2026-07-28 lists declare: <c>public</c> or <c>private</c>.</summary>
    public string CacheScope { get; set; } = "public";

    /// <summary>What goes wrong with a request; null: nothing. Asked once for every request that passed the credential check.</summary>
    public Func<ReceivedRequest, Fault?>? Faults { get; set; }

    /// <summary>Makes requests of a JSON-RPC method wait until they are let go.</summary>
    /// <returns>Lets them go when it is disposed.</returns>
    public IDisposable Hold(string method)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            held[method] = source;
        }

        return new Held(() =>
        {
            lock (gate)
            {
                held.Remove(method);
            }

            source.TrySetResult();
        });
    }

    /// <summary>The next number for a session, request or stream.</summary>
    internal int NextNumber() => Interlocked.Increment(ref lastSession);

    internal Task Passage(string method, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return held.TryGetValue(method, out var source) ? source.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
        }
    }

    private sealed class Held(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}
