using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Reads the text of a document, JSON or YAML, into a tree.</summary>
internal static class DocumentText
{
    /// <summary>Longest text, in bytes.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>Deepest nesting.</summary>
    public const int MaxDepth = 128;

    /// <summary>Parses the text; returns what is wrong with it when it cannot be read. The caller disposes the tree.</summary>
    public static Diagnostic? Parse(ReadOnlyMemory<byte> text, out JsonDocument? document)
    {
        document = null;
        if (text.Span is [0xEF, 0xBB, 0xBF, ..])
        {
            text = text[3..];
        }

        if (text.Length > MaxBytes)
        {
            return new Diagnostic("", "document_too_large", $"A document has at most {MaxBytes >> 20} MiB.");
        }

        Diagnostic? notJson = null;
        if (FirstByte(text.Span) is (byte)'{' or (byte)'[')
        {
            notJson = ParseJson(text, out document);
            if (notJson is null)
            {
                return null;
            }
        }

        // YAML may begin with a brace too; when it is neither, the fault of what it looks like is told.
        var notYaml = YamlText.ToJson(text, out var json);
        return notYaml is null ? ParseJson(json, out document) : notJson ?? notYaml;
    }

    private static Diagnostic? ParseJson(ReadOnlyMemory<byte> text, out JsonDocument? document)
    {
        document = null;
        try
        {
            document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return null;
        }
        catch (JsonException fault)
        {
            var place = fault.LineNumber is { } line ? $" near line {line + 1}, byte {fault.BytePositionInLine + 1}" : "";
            return fault.Message.StartsWith("Duplicate", StringComparison.OrdinalIgnoreCase)
                ? new Diagnostic("", "duplicate_key", $"A key stands twice in one object{place}.")
                : new Diagnostic("", "invalid_json", $"This is no well-formed JSON{place}, or it nests deeper than {MaxDepth} levels.");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair in the name of a member, which the search for duplicates reads.
            return new Diagnostic("", "invalid_json", "The name of a member is no well-formed Unicode.");
        }
    }

    private static byte FirstByte(ReadOnlySpan<byte> text)
    {
        var start = text.IndexOfAnyExcept(" \t\r\n"u8);
        return start < 0 ? (byte)0 : text[start];
    }
}
