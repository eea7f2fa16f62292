using System.Buffers;

namespace Toolgate.Connections;

/// <summary>
/// Messages that follow each other as JSON objects: a plain JSON body, and the newline-delimited ones that some servers stream instead of events. Finds
/// the ends of objects only; whether they are JSON is seen when they are read.
/// </summary>
internal sealed class JsonReader(Stream stream, int maxMessage, long budget) : FrameReader(stream, maxMessage, budget)
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> InText = SearchValues.Create("\"\\"u8);
    private int consumed;
    private int searched;
    private int depth;
    private bool inText;
    private bool escaped;

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken cancellationToken)
    {
        Consume(consumed);
        consumed = searched = depth = 0;
        while (true)
        {
            if (depth == 0)
            {
                SkipBlanks();
            }

            if (Scan() is var end && end >= 0)
            {
                consumed = end;
                return Unread[..end];
            }

            if (searched > MaxMessage)
            {
                throw McpFault.TooLarge(MaxMessage);
            }

            if (!await Fill(cancellationToken))
            {
                return searched == 0 ? null : throw McpFault.Garbage("The upstream's answer ends in the middle of a message.");
            }
        }
    }

    /// <summary>Blanks and line ends between messages, and a byte order mark before the first.</summary>
    private void SkipBlanks()
    {
        var blanks = 0;
        foreach (var value in Unread.Span)
        {
            if (value is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0xEF or 0xBB or 0xBF))
            {
                break;
            }

            blanks++;
        }

        Consume(blanks);
        if (!Unread.IsEmpty && Unread.Span[0] is not ((byte)'{' or (byte)'['))
        {
            throw McpFault.Garbage("The upstream's answer is no JSON-RPC message.");
        }
    }

    /// <summary>Goes on where it stopped; the end of the object, or -1 when it has not arrived.</summary>
    private int Scan()
    {
        var unread = Unread.Span;
        while (searched < unread.Length)
        {
            if (escaped)
            {
                escaped = false;
                searched++;
                continue;
            }

            var found = unread[searched..].IndexOfAny(inText ? InText : Structure);
            if (found < 0)
            {
                searched = unread.Length;
                break;
            }

            searched += found;
            switch (unread[searched++])
            {
                case (byte)'"': inText = !inText; break;
                case (byte)'\\': escaped = true; break;
                case (byte)'{' or (byte)'[': depth++; break;
                default:
                    if (--depth == 0)
                    {
                        return searched;
                    }

                    break;
            }
        }

        return -1;
    }
}
