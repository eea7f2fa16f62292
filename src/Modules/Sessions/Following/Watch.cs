using System.Threading.Channels;
using Toolgate.Access;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>What a waiting stream is told.</summary>
internal enum WatchSignal
{
    /// <summary>Nothing happened for a while: show that the connection lives.</summary>
    Quiet,

    /// <summary>The effective list of tools changed.</summary>
    Changed,

    /// <summary>There is something in its outbox.</summary>
    Message,

    /// <summary>The session, the credential or the toolkit is gone, or the server stops.</summary>
    Ended,
}

/// <summary>One open stream: what it may see, and what it has been shown.</summary>
internal sealed class Watch(Caller caller, Session? session)
{
    // A wake-up only: what to do is in the flags, so that any number of changes between two reads are one.
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private int changed;
    private int quiet;
    private int message;
    private volatile bool ended;

    /// <summary>Whose stream it is.</summary>
    public Principal Principal { get; } = caller.Principal;

    /// <summary>Of which resource.</summary>
    public McpResource Resource { get; } = caller.Resource;

    /// <summary>Of exactly which toolkit.</summary>
    public string? ToolkitId { get; } = caller.View.ToolkitId;

    /// <summary>Its session; null in the stateless era.</summary>
    public Session? Session { get; } = session;

    /// <summary>
    /// Digest of the list that the client was last told about: at first what it was last given in its session, so that a change while no stream
    /// was open is told. Only the hub touches it.
    /// </summary>
    public string Digest { get; set; } = session?.ShownDigest ?? caller.View.ListDigest;

    /// <summary>
    /// Whether it is the answer of a call that is under way: it is not told of changed lists, and a server that stops lets it come to its end.
    /// </summary>
    public bool ServesCall { get; init; }

    /// <summary>Tells the stream.</summary>
    public void Signal(WatchSignal signal)
    {
        switch (signal)
        {
            case WatchSignal.Ended:
                ended = true;
                break;
            case WatchSignal.Changed:
                Volatile.Write(ref changed, 1);
                break;
            case WatchSignal.Message:
                Volatile.Write(ref message, 1);
                break;
            default:
                Volatile.Write(ref quiet, 1);
                break;
        }

        wake.Writer.TryWrite(true);
    }

    /// <summary>Waits for the next thing to do.</summary>
    public async ValueTask<WatchSignal> Next(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (ended)
            {
                return WatchSignal.Ended;
            }

            if (Interlocked.Exchange(ref message, 0) == 1)
            {
                return WatchSignal.Message;
            }

            if (Interlocked.Exchange(ref changed, 0) == 1)
            {
                return WatchSignal.Changed;
            }

            if (Interlocked.Exchange(ref quiet, 0) == 1)
            {
                return WatchSignal.Quiet;
            }

            await wake.Reader.ReadAsync(cancellationToken);
        }
    }
}
