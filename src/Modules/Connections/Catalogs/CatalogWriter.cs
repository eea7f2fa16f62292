using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Toolgate.Connections;

/// <summary>Writes parts with their length.</summary>
internal sealed class CatalogWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new(1 << 16);
    private readonly List<ReadOnlyMemory<byte>> shared = [];

    public void Raw(ReadOnlySpan<byte> bytes) => buffer.Write(bytes);

    public void Byte(byte value) => buffer.Write([value]);

    public void Number(int value)
    {
        // Seven bits a byte, the lowest first.
        var rest = (uint)value;
        for (; rest >= 0x80; rest >>= 7)
        {
            Byte((byte)(rest | 0x80));
        }

        Byte((byte)rest);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        buffer.Write(bytes);
    }

    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public void OptionalText(string? text)
    {
        Flags(text is not null);
        if (text is not null)
        {
            Text(text);
        }
    }

    public void Texts(ImmutableArray<string> texts)
    {
        Number(texts.Length);
        foreach (var text in texts)
        {
            Text(text);
        }
    }

    public void Many<T>(ImmutableArray<T> items, Action<CatalogWriter, T> write)
    {
        Number(items.Length);
        foreach (var item in items)
        {
            write(this, item);
        }
    }

    /// <summary>Writes what many tools share: whole the first time, then as the number of what was written.</summary>
    public void Shared(ReadOnlyMemory<byte> bytes)
    {
        var known = shared.FindIndex(written => written.Span.SequenceEqual(bytes.Span));
        Number(known + 1);
        if (known < 0)
        {
            shared.Add(bytes);
            Bytes(bytes.Span);
        }
    }

    public void Flags(bool first, bool second = false, bool third = false) => Byte((byte)((first ? 1 : 0) | (second ? 2 : 0) | (third ? 4 : 0)));

    public byte[] ToArray() => buffer.WrittenSpan.ToArray();
}
