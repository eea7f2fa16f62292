using System.Collections.Immutable;
using System.Text;

namespace Toolgate.Connections;

/// <summary>Reads what <see cref="CatalogWriter"/> wrote; throws <see cref="ArgumentException"/> past the end.</summary>
internal sealed class CatalogReader(ReadOnlyMemory<byte> input)
{
    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal);
    private readonly List<object> shared = [];
    private int position;

    public byte Byte() => input.Slice(position++, 1).Span[0];

    public int Number()
    {
        var value = 0u;
        for (var shift = 0; ; shift += 7)
        {
            var part = Byte();
            value |= (part & 0x7Fu) << shift;
            if (part < 0x80)
            {
                return checked((int)value);
            }

            if (shift == 28)
            {
                throw new ArgumentException("A number is too long.");
            }
        }
    }

    public ReadOnlyMemory<byte> Bytes()
    {
        var length = Number();
        var bytes = input.Slice(position, length);
        position += length;
        return bytes;
    }

    /// <summary>A text; short ones, which repeat a thousand times over a catalog, are shared.</summary>
    public string Text()
    {
        var text = Encoding.UTF8.GetString(Bytes().Span);
        if (text.Length > 64)
        {
            return text;
        }

        ref var shared = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(known, text, out _);
        return shared ??= text;
    }

    public string? OptionalText() => Byte() == 0 ? null : Text();

    /// <summary>What many tools share, made once of its bytes.</summary>
    public T Shared<T>(Func<ReadOnlyMemory<byte>, T> make)
        where T : class
    {
        var number = Number();
        if (number == 0)
        {
            shared.Add(make(Bytes()));
            number = shared.Count;
        }

        return shared[number - 1] as T ?? throw new ArgumentException("A shared part is of another kind.");
    }

    public ImmutableArray<string> Texts() => Many(static input => input.Text());

    public ImmutableArray<T> Many<T>(Func<CatalogReader, T> read)
    {
        var count = Number();
        if (count > input.Length - position)
        {
            throw new ArgumentException("A count is too large.");
        }

        var items = ImmutableArray.CreateBuilder<T>(count);
        for (var i = 0; i < count; i++)
        {
            items.Add(read(this));
        }

        return items.MoveToImmutable();
    }
}
