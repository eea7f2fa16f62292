namespace Toolgate.Connections;

/// <summary>Reads tools of the first stored format, which knew OpenAPI only. Catalogs are kept for ever: what a log names can be read.</summary>
internal static class FirstCatalogFormat
{
    /// <summary>Its first bytes.</summary>
    public static ReadOnlySpan<byte> Magic => "TGCATALOG1\n"u8;

    /// <summary>Reads one tool.</summary>
    public static ToolDefinition ReadTool(CatalogReader input)
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
            Binding = HttpBindingCodec.Read(input),
        };
    }
}
