using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// Makes a tool of an entry of <c>tools/list</c>. What the server wrote is kept byte for byte; the gateway takes from it only what it decides by. A tool that
/// cannot be checked or decided on is left out with a diagnostic and never takes others with it.
/// </summary>
internal static class ToolEntryReading
{
    private const int MaxEntry = 1024 * 1024;
    private const int MaxName = 256;
    private const int MaxText = 300;

    /// <summary>Reads an entry.</summary>
    /// <param name="entry">The entry, valid only during the call.</param>
    /// <param name="index">Where it stands in the list.</param>
    /// <param name="isModern">Whether the server speaks 2026-07-28, where annotations of the schema become headers.</param>
    /// <param name="access">Who may call it when no rule speaks.</param>
    /// <param name="dropped">Why there is no tool.</param>
    public static ToolDefinition? Read(ReadOnlyMemory<byte> entry, int index, bool isModern, ToolAccess access, out Diagnostic? dropped)
    {
        Diagnostic Fault(string code, string message) => new($"/tools/{index}", code, message);
        if (entry.Length > MaxEntry)
        {
            dropped = Fault("tool_too_large", $"The tool is larger than {MaxEntry} bytes.");
            return null;
        }

        if (JsonMembers.Of(entry) is not { } members)
        {
            dropped = Fault("invalid_tool", "The tool is no JSON object, or a member of it stands twice.");
            return null;
        }

        if (JsonMembers.Text(Value(members, "name")) is not { Length: > 0 and <= MaxName } name)
        {
            dropped = Fault("invalid_name", $"The tool has no name of 1 to {MaxName} characters.");
            return null;
        }

        var listing = Listing(members, out var inputSchema, out var outputSchema);
        if (!JsonMembers.IsObject(inputSchema))
        {
            dropped = Fault("invalid_schema", $"The tool {Shown(name)} has no inputSchema that is an object.");
            return null;
        }

        var compilation = CompiledSchema.Compile(inputSchema);
        if (compilation.Schema is null)
        {
            dropped = Fault("invalid_schema", $"The inputSchema of {Shown(name)} cannot be used: {compilation.Diagnostics.FirstOrDefault()?.Message}");
            return null;
        }

        using var schema = JsonDocument.Parse(inputSchema, new JsonDocumentOptions { MaxDepth = JsonMembers.MaxDepth });
        if (schema.RootElement.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("object")))
        {
            dropped = Fault("invalid_schema", $"The inputSchema of {Shown(name)} does not describe an object.");
            return null;
        }

        if ((isModern ? ParameterHeaders.Of(schema.RootElement) : []) is not { } headers)
        {
            dropped = Fault("invalid_header", $"The inputSchema of {Shown(name)} has an x-mcp-header that is not allowed.");
            return null;
        }

        if (Digest(name, entry) is not { } digest)
        {
            dropped = Fault("invalid_tool", $"The tool {Shown(name)} holds text that is no well-formed Unicode.");
            return null;
        }

        dropped = null;
        var annotations = Value(members, "annotations");
        var readOnly = JsonMembers.Flag(JsonMembers.Find(annotations, "readOnlyHint")) == true;
        var destructive = JsonMembers.Flag(JsonMembers.Find(annotations, "destructiveHint")) ?? !readOnly;
        var title = JsonMembers.Text(Value(members, "title")) ?? JsonMembers.Text(JsonMembers.Find(annotations, "title"));
        var addressed = ToolAddressName.Of(name);
        return new ToolDefinition
        {
            Name = addressed,
            Title = title,
            Description = JsonMembers.Text(Value(members, "description")) is { Length: > 0 } description ? description : title ?? name,
            AsksByDefault = destructive,
            ChangesSomething = !readOnly,
            Access = access,
            ApprovalText = Shown(title ?? "") is { } shown && !string.IsNullOrWhiteSpace(shown) ? shown : Shown(name),
            InputSchema = inputSchema,
            OutputSchema = JsonMembers.IsObject(outputSchema) ? outputSchema : default,
            ListingMembers = listing,
            MetaMembers = Meta(Value(members, "_meta")),
            UpstreamName = addressed == name ? null : name,
            Digest = digest,
            Binding = new McpBinding { Name = name, Headers = headers },
        };
    }

    /// <summary>Line ends may stand between the parts of JSON, and nowhere in it; what is sent on as one line has blanks there.</summary>
    public static byte[] OneLine(ReadOnlyMemory<byte> json)
    {
        var line = json.ToArray();
        line.AsSpan().ReplaceAny(LineEnds, (byte)' ');
        return line;
    }

    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    /// <summary>All members besides name and _meta, and where the schemas lie in them.</summary>
    private static byte[] Listing(List<JsonMember> members, out ReadOnlyMemory<byte> inputSchema, out ReadOnlyMemory<byte> outputSchema)
    {
        var output = new ArrayBufferWriter<byte>();
        (Range Input, Range Output) at = default;
        foreach (var (name, key, value) in members)
        {
            if (name is "name" or "_meta")
            {
                continue;
            }

            output.Write(output.WrittenCount > 0 ? ","u8 : ""u8);
            output.Write(key.Span);
            output.Write(":"u8);
            var range = output.WrittenCount..(output.WrittenCount + value.Length);
            output.Write(value.Span);
            at = name == "inputSchema" ? at with { Input = range } : name == "outputSchema" ? at with { Output = range } : at;
        }

        var listing = OneLine(output.WrittenMemory);
        inputSchema = listing.AsMemory(at.Input);
        outputSchema = listing.AsMemory(at.Output);
        return listing;
    }

    private static string? Digest(string name, ReadOnlyMemory<byte> entry)
    {
        try
        {
            return ToolDigest.OfEntry(name, entry);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair has no text form.
            return null;
        }
    }

    private static byte[] Meta(ReadOnlyMemory<byte> meta)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var (name, key, value) in meta.IsEmpty ? [] : JsonMembers.Of(meta) ?? [])
        {
            // What is ours is written by us.
            if (name.StartsWith("toolgate/", StringComparison.Ordinal))
            {
                continue;
            }

            output.Write(output.WrittenCount > 0 ? ","u8 : ""u8);
            output.Write(key.Span);
            output.Write(":"u8);
            output.Write(value.Span);
        }

        return OneLine(output.WrittenMemory);
    }

    private static ReadOnlyMemory<byte> Value(List<JsonMember> members, string name) => members.Find(member => member.Name == name).Value;

    private static string Shown(string text)
    {
        // What people read must not be able to look like something else: no control characters, none without width, none that turn the direction.
        var clean = string.Concat(text.EnumerateRunes().Where(rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)).Select(rune => rune.ToString()));
        return clean.Length <= MaxText ? clean : clean[..(char.IsHighSurrogate(clean[MaxText - 2]) ? MaxText - 2 : MaxText - 1)] + "…";
    }
}
