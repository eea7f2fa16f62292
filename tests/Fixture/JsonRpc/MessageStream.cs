using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>A message on its way out, with the HTTP status it should have if it is the whole answer.</summary>
internal readonly record struct Outgoing(JsonObject Message, int Status);

/// <summary>
/// Messages in order, kept from the first on so that whoever carries them can lose its connection and go on where it was. Each
/// transport reads one: the answer to a POST, the GET stream of a session, a 2024-11-05 event stream, standard output.
/// </summary>
internal sealed class MessageStream(int number)
{
    private readonly Lock gate = new();
    private readonly List<Outgoing> messages = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool completed;
    private bool streaming;
    private int cuts;

    /// <summary>First half of the event ids of this stream.</summary>
    public int Number { get; } = number;

    /// <summary>Whether a reader is attached.</summary>
    public bool IsRead { get; private set; }

    /// <summary>How many messages some reader took.</summary>
    public int Taken { get; private set; }

    public void Send(JsonObject message, int status = 200)
    {
        lock (gate)
        {
            if (!completed)
            {
                messages.Add(new Outgoing(message, status));
                Signal();
            }
        }
    }

    /// <summary>No more messages will come.</summary>
    public void Complete()
    {
        lock (gate)
        {
            completed = true;
            Signal();
        }
    }

    /// <summary>Asks for an event stream even before there is a message for it.</summary>
    public void Open()
    {
        lock (gate)
        {
            streaming = true;
            Signal();
        }
    }

    /// <summary>Ends the connection of whoever reads now; the stream itself lives.</summary>
    public void Cut()
    {
        lock (gate)
        {
            cuts++;
            streaming = true;
            Signal();
        }
    }

    /// <summary>
    /// Waits for something to write. The only message, when it is an answer and nothing asked for a stream, is the whole answer and
    /// is returned; null means that a stream is needed.
    /// </summary>
    public async Task<Outgoing?> Whole(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (!streaming && messages.Count > 0 && Rpc.IsResponse(messages[0].Message))
                {
                    return messages[0];
                }

                if (streaming || messages.Count > 0 || completed)
                {
                    return null;
                }

                wait = changed.Task;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The messages from a position on, until the stream is complete or cut.</summary>
    /// <param name="from">Index of the first message wanted.</param>
    /// <param name="first">Whether this is the connection that the stream was made for: a cut that came earlier than it ends it too.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<(int Index, JsonObject Message)> Read(int from, bool first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = Attach(first);
        try
        {
            for (var next = from; ;)
            {
                var (message, over, wait) = Look(next, seen);
                if (message is not null)
                {
                    yield return (next, message);
                    Taken = Math.Max(Taken, ++next);
                }
                else if (over)
                {
                    yield break;
                }
                else
                {
                    await wait.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            lock (gate)
            {
                IsRead = false;
            }
        }
    }

    private int Attach(bool first)
    {
        lock (gate)
        {
            IsRead = true;
            return first ? 0 : cuts;
        }
    }

    private (JsonObject? Message, bool Over, Task Wait) Look(int next, int seen)
    {
        lock (gate)
        {
            return cuts > seen ? (null, true, changed.Task)
                : next < messages.Count ? (messages[next].Message, false, changed.Task)
                : (null, completed, changed.Task);
        }
    }

    private void Signal()
    {
        var waiting = changed;
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }
}
