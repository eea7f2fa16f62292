using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// The stored form of a catalog. It is written once and read at every start, so reading is slicing: listings and schemas stay the bytes they
/// are, and a schema is a window of its listing. Equal catalogs have equal bytes: the key under which one is stored is their SHA-256.
/// </summary>
internal static class CatalogCodec
{
    /// <summary>First bytes of every stored catalog: the format and its version.</summary>
    private static ReadOnlySpan<byte> Magic => "TGCATALOG1\n"u8;

    /// <summary>The key of stored bytes, lower-case hex.</summary>
    public static string KeyOf(ReadOnlySpan<byte> encoded) => Convert.ToHexStringLower(SHA256.HashData(encoded));

    /// <summary>The stored form.</summary>
    public static byte[] Encode(OpenApiCatalog catalog)
    {
        var output = new CatalogWriter();
        output.Raw(Magic);
        output.Text(catalog.Title);
        output.OptionalText(catalog.Description);
        output.Text(catalog.Version);
        output.Texts(catalog.Servers);
        output.Bytes(JsonSerializer.SerializeToUtf8Bytes(catalog.AuthTemplates));
        output.Bytes(JsonSerializer.SerializeToUtf8Bytes(catalog.Diagnostics));
        output.Number(catalog.Tools.Length);
        foreach (var tool in catalog.Tools)
        {
            WriteTool(output, tool);
        }

        return output.ToArray();
    }

    /// <summary>The catalog of stored bytes. It keeps them alive: its schemas and listings are windows of them.</summary>
    /// <exception cref="InvalidDataException">These bytes are no catalog of this version.</exception>
    public static OpenApiCatalog Decode(ReadOnlyMemory<byte> encoded)
    {
        if (!encoded.Span.StartsWith(Magic))
        {
            throw new InvalidDataException("These bytes are no stored catalog of a version that is known here.");
        }

        try
        {
            var input = new CatalogReader(encoded[Magic.Length..]);
            var title = input.Text();
            var description = input.OptionalText();
            var version = input.Text();
            var servers = input.Texts();
            var templates = JsonSerializer.Deserialize<ImmutableArray<AuthTemplate>>(input.Bytes().Span);
            var diagnostics = JsonSerializer.Deserialize<ImmutableArray<Diagnostic>>(input.Bytes().Span);
            var tools = input.Many(ReadTool);
            return new OpenApiCatalog(title, description, version, servers, tools, templates, diagnostics);
        }
        catch (Exception broken) when (broken is ArgumentException or JsonException or OverflowException)
        {
            throw new InvalidDataException("This stored catalog is damaged.", broken);
        }
    }

    private static void WriteTool(CatalogWriter output, ToolDefinition tool)
    {
        output.Text(tool.Name);
        output.OptionalText(tool.Title);
        output.Text(tool.Description);
        output.Flags(tool.AsksByDefault, tool.ChangesSomething);
        output.Text(tool.ApprovalText);
        output.Bytes(tool.ListingMembers.Span);

        // Quotes inside the title and the description are escaped: the first unescaped name is the member itself.
        var mark = "\"inputSchema\":"u8;
        output.Number(tool.ListingMembers.Span.IndexOf(mark) + mark.Length);
        output.Number(tool.InputSchema.Length);
        output.Text(tool.Digest);
        var binding = (HttpBinding)tool.Binding;
        output.Text(binding.Method);
        output.Text(binding.Path);
        output.Text(binding.Accept);
        output.Texts(binding.Servers);
        output.Texts(binding.ReservedQuery);
        output.Number(binding.Parameters.Length);
        foreach (var parameter in binding.Parameters)
        {
            output.Text(parameter.Argument);
            output.Text(parameter.Name);
            output.Byte((byte)parameter.Place);
            output.Byte((byte)parameter.Style);
            output.Flags(parameter.Explode, parameter.AllowReserved, parameter.AsJson);
        }

        output.Flags(binding.Body is not null);
        if (binding.Body is { } body)
        {
            output.Text(body.ContentType);
            output.Byte((byte)body.Format);
            output.Number(body.Fields.Length);
            foreach (var field in body.Fields)
            {
                output.Text(field.Name);
                output.Flags(field.Binary, field.Explode, field.Style is not null);
                output.Byte((byte)(field.Style ?? default));
                output.OptionalText(field.ContentType);
            }
        }
    }

    private static ToolDefinition ReadTool(CatalogReader input)
    {
        var name = input.Text();
        var title = input.OptionalText();
        var description = input.Text();
        var flags = input.Byte();
        var approval = input.Text();
        var listing = input.Bytes();
        return new ToolDefinition
        {
            Name = name,
            Title = title,
            Description = description,
            AsksByDefault = (flags & 1) != 0,
            ChangesSomething = (flags & 2) != 0,
            ApprovalText = approval,
            ListingMembers = listing,
            InputSchema = listing.Slice(input.Number(), input.Number()),
            Digest = input.Text(),
            Binding = ReadBinding(input),
        };
    }

    private static HttpBinding ReadBinding(CatalogReader input) => new()
    {
        Method = input.Text(),
        Path = input.Text(),
        Accept = input.Text(),
        Servers = input.Texts(),
        ReservedQuery = input.Texts(),
        Parameters = input.Many(static input =>
        {
            var (argument, name) = (input.Text(), input.Text());
            var (place, style, flags) = ((ParameterPlace)input.Byte(), (ParameterStyle)input.Byte(), input.Byte());
            return new HttpParameter(argument, name, place, style, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
        }),
        Body = input.Byte() == 0 ? null : new HttpBody(input.Text(), (BodyFormat)input.Byte(), input.Many(static input =>
        {
            var name = input.Text();
            var flags = input.Byte();
            var style = (ParameterStyle)input.Byte();
            return new BodyField(name, (flags & 1) != 0, (flags & 4) != 0 ? style : null, (flags & 2) != 0, input.OptionalText());
        })),
    };
}

/// <summary>Writes parts with their length.</summary>
internal sealed class CatalogWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new(1 << 16);

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

    public void Flags(bool first, bool second = false, bool third = false) => Byte((byte)((first ? 1 : 0) | (second ? 2 : 0) | (third ? 4 : 0)));

    public byte[] ToArray() => buffer.WrittenSpan.ToArray();
}

/// <summary>Reads what <see cref="CatalogWriter"/> wrote; throws <see cref="ArgumentException"/> past the end.</summary>
internal sealed class CatalogReader(ReadOnlyMemory<byte> input)
{
    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal);
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
