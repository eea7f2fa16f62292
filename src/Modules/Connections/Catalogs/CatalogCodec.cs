using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// The stored form of a catalog. It is written once and read at every start, so reading is slicing: listings and schemas stay the bytes they
/// are, and a schema is a window of its listing. Equal catalogs have equal bytes: the key under which one is stored is their SHA-256.
/// </summary>
internal static class CatalogCodec
{
    /// <summary>First bytes of every stored catalog: the format and its version.</summary>
    private static ReadOnlySpan<byte> Magic => "TGCATALOG2\n"u8;

    /// <summary>The key of stored bytes, lower-case hex.</summary>
    public static string KeyOf(ReadOnlySpan<byte> encoded) => Convert.ToHexStringLower(SHA256.HashData(encoded));

    /// <summary>The stored form.</summary>
    public static byte[] Encode(SourceCatalog catalog)
    {
        var output = new CatalogWriter();
        output.Raw(Magic);
        output.Text(catalog.Title);
        output.OptionalText(catalog.Description);
        output.Text(catalog.Version);
        output.Texts(catalog.Servers);
        output.Bytes(JsonSerializer.SerializeToUtf8Bytes(catalog.AuthTemplates));
        output.Bytes(JsonSerializer.SerializeToUtf8Bytes(catalog.Diagnostics));
        output.Many(catalog.Tools, WriteTool);
        output.Many(catalog.Accepted, WriteTool);
        output.Flags(catalog.Offer is not null, catalog.HasForgotten);
        if (catalog.Offer is { } offer)
        {
            WriteOffer(output, offer);
        }

        return output.ToArray();
    }

    /// <summary>The catalog of stored bytes. It keeps them alive: its schemas and listings are windows of them.</summary>
    /// <exception cref="InvalidDataException">These bytes are no catalog of a version that is known here.</exception>
    public static SourceCatalog Decode(ReadOnlyMemory<byte> encoded)
    {
        var isFirst = encoded.Span.StartsWith(FirstCatalogFormat.Magic);
        if (!isFirst && !encoded.Span.StartsWith(Magic))
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
            var tools = isFirst ? input.Many(FirstCatalogFormat.ReadTool) : input.Many(ReadTool);
            var catalog = new SourceCatalog(title, description, version, servers, tools, templates, diagnostics);
            if (isFirst)
            {
                return catalog;
            }

            var accepted = input.Many(ReadTool);
            var flags = input.Byte();
            return catalog with { Accepted = accepted, HasForgotten = (flags & 2) != 0, Offer = (flags & 1) == 0 ? null : ReadOffer(input) };
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
        output.Byte((byte)tool.Access);
        output.Text(tool.ApprovalText);
        output.OptionalText(tool.UpstreamName);
        output.Bytes(tool.ListingMembers.Span);
        WriteWindow(output, tool, tool.InputSchema, "\"inputSchema\":"u8);
        WriteWindow(output, tool, tool.OutputSchema, "\"outputSchema\":"u8);
        output.Bytes(tool.MetaMembers.Span);
        output.Text(tool.Digest);
        BindingCodec.Write(output, tool.Binding);
    }

    /// <summary>Where a schema lies in the listing: the very bytes that it is a window of, else the first member of that name.</summary>
    private static void WriteWindow(CatalogWriter output, ToolDefinition tool, ReadOnlyMemory<byte> schema, ReadOnlySpan<byte> member)
    {
        var listing = tool.ListingMembers.Span;
        var offset = 0;
        if (!schema.IsEmpty && !listing.Overlaps(schema.Span, out offset))
        {
            // Quotes inside the title and the description are escaped: the first unescaped name is the member itself.
            offset = listing.IndexOf(member) + member.Length;
            if (!listing[offset..].StartsWith(schema.Span))
            {
                throw new InvalidOperationException($"The listing of {tool.Name} does not hold its schema.");
            }
        }

        output.Number(offset);
        output.Number(schema.Length);
    }

    private static ToolDefinition ReadTool(CatalogReader input)
    {
        var name = input.Text();
        var title = input.OptionalText();
        var description = input.Text();
        var flags = input.Byte();
        var access = (ToolAccess)input.Byte();
        var approval = input.Text();
        var upstreamName = input.OptionalText();
        var listing = input.Bytes();
        return new ToolDefinition
        {
            Name = name,
            Title = title,
            Description = description,
            AsksByDefault = (flags & 1) != 0,
            ChangesSomething = (flags & 2) != 0,
            Access = access,
            ApprovalText = approval,
            UpstreamName = upstreamName,
            ListingMembers = listing,
            InputSchema = listing.Slice(input.Number(), input.Number()),
            OutputSchema = listing.Slice(input.Number(), input.Number()),
            MetaMembers = input.Bytes(),
            Digest = input.Text(),
            Binding = BindingCodec.Read(input),
        };
    }

    private static void WriteOffer(CatalogWriter output, SourceOffer offer)
    {
        output.OptionalText(offer.Instructions);
        output.Bytes(offer.Capabilities.Span);
        output.Many(offer.Resources, WriteItem);
        output.Many(offer.Templates, WriteItem);
        output.Many(offer.Prompts, WriteItem);
    }

    private static SourceOffer ReadOffer(CatalogReader input)
        => new(input.OptionalText(), input.Bytes(), input.Many(ReadItem), input.Many(ReadItem), input.Many(ReadItem));

    private static void WriteItem(CatalogWriter output, OfferedItem item)
    {
        output.Text(item.Key);
        output.Bytes(item.Entry.Span);
    }

    private static OfferedItem ReadItem(CatalogReader input) => new(input.Text(), input.Bytes());
}
