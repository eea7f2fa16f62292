using System.Threading.Channels;
using Toolgate.Access;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>What a waiting stream is told.</summary>
internal enum WatchSignal
{
    /// <summary>Nothing happened for a while: show that the connection lives.</summary>
    Quiet,

    /// <summary>An effective list changed: <see cref="Watch.TakeChanges"/> tells which.</summary>
    Changed,

    /// <summary>There is something in its outbox.</summary>
    Message,

    /// <summary>The session, the credential or the toolkit is gone, or the server stops.</summary>
    Ended,
}

/// <summary>Lists that a client can be told have changed.</summary>
[Flags]
internal enum ListChange
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Tools.</summary>
    Tools = 1,

    /// <summary>Resources and their templates.</summary>
    Resources = 2,

    /// <summary>Prompts.</summary>
    Prompts = 4,
}

/// <summary>One open stream: what it may see, and what it has been shown.</summary>
internal sealed class Watch(Caller caller, Session? session)
{
    // A wake-up only: what to do is in the flags, so that any number of changes between two reads are one.
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private int changes;
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

    /// <summary>The same of the list of resources.</summary>
    public string ResourcesDigest { get; set; } = session?.ShownResourcesDigest ?? caller.View.Offers.ResourcesDigest;

    /// <summary>The same of the list of prompts.</summary>
    public string PromptsDigest { get; set; } = session?.ShownPromptsDigest ?? caller.View.Offers.PromptsDigest;

    /// <summary>Compares what the client was told about with what it sees now, and tells the stream of what changed. Only the hub calls it.</summary>
    public void Compare(ToolView view)
    {
        var found = (view.ListDigest != Digest ? ListChange.Tools : 0) | (view.Offers.ResourcesDigest != ResourcesDigest ? ListChange.Resources : 0)
            | (view.Offers.PromptsDigest != PromptsDigest ? ListChange.Prompts : 0);
        if (found != ListChange.None)
        {
            (Digest, ResourcesDigest, PromptsDigest) = (view.ListDigest, view.Offers.ResourcesDigest, view.Offers.PromptsDigest);
            Interlocked.Or(ref changes, (int)found);
            Signal(WatchSignal.Changed);
        }
    }

    /// <summary>The lists that changed since this was last asked.</summary>
    public ListChange TakeChanges() => (ListChange)Interlocked.Exchange(ref changes, 0);

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
