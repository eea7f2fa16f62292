using System.Buffers;
using System.Globalization;
using System.Text;

namespace Toolgate.Connections;

/// <summary>Messages that are server-sent events (WHATWG HTML, section 9.2).</summary>
internal sealed class SseReader(Stream stream, int maxMessage, long budget) : FrameReader(stream, maxMessage, budget)
{
    private const int MaxId = 1024;
    private readonly ArrayBufferWriter<byte> data = new();
    private bool hasData;
    private bool skipLineFeed;
    private bool first = true;
    private int searched;

    /// <summary>The type of the last event; empty when it said none.</summary>
    public string EventType { get; private set; } = "";

    /// <summary>The newest event id of the stream; null when it has none.</summary>
    public string? LastEventId { get; private set; }

    /// <summary>How long to wait before the stream is asked for again, where it said so.</summary>
    public TimeSpan? Retry { get; private set; }

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken cancellationToken)
    {
        data.ResetWrittenCount();
        hasData = false;
        EventType = "";
        while (true)
        {
            while (Line() is { } line)
            {
                if (line.Length > 0)
                {
                    Field(line.Span);
                    continue;
                }

                if (hasData && data.WrittenCount > 0)
                {
                    return data.WrittenMemory;
                }

                // An event without data primes a stream with an id and says nothing.
                hasData = false;
                EventType = "";
            }

            if (Unread.Length > MaxMessage)
            {
                throw McpFault.TooLarge(MaxMessage);
            }

            if (!await Fill(cancellationToken))
            {
                // An event that its empty line does not end is dropped, as the specification says.
                return null;
            }
        }
    }

    /// <summary>The next whole line without its end; null when none has arrived.</summary>
    private ReadOnlyMemory<byte>? Line()
    {
        if (skipLineFeed && !Unread.IsEmpty)
        {
            // The second half of a CR LF.
            Consume(Unread.Span[0] == (byte)'\n' ? 1 : 0);
            skipLineFeed = false;
        }

        var found = Unread.Span[searched..].IndexOfAny((byte)'\n', (byte)'\r');
        if (found < 0)
        {
            searched = Unread.Length;
            return null;
        }

        var line = Unread[..(searched + found)];
        skipLineFeed = Unread.Span[line.Length] == (byte)'\r';
        Consume(line.Length + 1);
        searched = 0;
        if (first)
        {
            first = false;
            line = line.Span.StartsWith("\uFEFF"u8) ? line[3..] : line;
        }

        return line;
    }

    private void Field(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        var name = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? [] : line[(colon + 1)..];
        value = value.Length > 0 && value[0] == (byte)' ' ? value[1..] : value;
        if (name.SequenceEqual("data"u8))
        {
            if (data.WrittenCount + value.Length > MaxMessage)
            {
                throw McpFault.TooLarge(MaxMessage);
            }

            if (hasData)
            {
                data.Write("\n"u8);
            }

            data.Write(value);
            hasData = true;
        }
        else if (name.SequenceEqual("event"u8))
        {
            EventType = value.Length <= MaxId ? Encoding.UTF8.GetString(value) : "";
        }
        else if (name.SequenceEqual("id"u8))
        {
            // What cannot stand in a header cannot be sent back.
            LastEventId = value.Length is > 0 and <= MaxId && !value.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? Encoding.ASCII.GetString(value) : LastEventId;
        }
        else if (name.SequenceEqual("retry"u8) && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
        {
            Retry = TimeSpan.FromMilliseconds(milliseconds);
        }
    }
}
