using System.Buffers;
using System.Text;
using System.Text.Json;
using Toolgate.Policies;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>What <c>search_tools</c> and <c>describe_tool</c> answer, from the caller's view alone.</summary>
internal static class SurfaceAnswers
{
    private const int LongestDescription = 300;

    /// <summary>The best tools for a query.</summary>
    public static byte[] Found(ToolView view, string query, int limit)
    {
        var found = view.Search(query);
        var output = new ArrayBufferWriter<byte>(1_024);
        using (var json = new Utf8JsonWriter(output, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            json.WriteStartArray("tools"u8);
            foreach (var (tool, _) in found.Take(limit))
            {
                json.WriteStartObject();
                json.WriteString("name"u8, tool.Name);
                json.WriteString("address"u8, tool.Tool.Address);
                if (tool.Title is { } title)
                {
                    json.WriteString("title"u8, title);
                }

                json.WriteString("description"u8, Shortened(tool.Description));
                json.WriteBoolean("requiresApproval"u8, tool.Decision.Action == PolicyAction.RequireApproval);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("total"u8, found.Count);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>One tool: its entry as a list would hold it, and what a call of it takes.</summary>
    public static byte[] Described(ViewTool tool)
    {
        var output = new ArrayBufferWriter<byte>(4_096);
        output.Write("{\"tool\":"u8);
        tool.WriteListing(output);
        var asks = tool.Decision.Action == PolicyAction.RequireApproval;
        output.Write(asks ? ",\"requiresApproval\":true,\"approval\":"u8 : ",\"requiresApproval\":false}"u8);
        if (asks)
        {
            output.Write(JsonSerializer.SerializeToUtf8Bytes(tool.Tool.Definition.ApprovalText));
            output.Write("}"u8);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Content for clients that know no structured content (2025-06-18, "Structured Content").</summary>
    public static byte[] AsText(byte[] json)
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 64);
        using (var writer = new Utf8JsonWriter(output, ToolErrors.Relaxed))
        {
            writer.WriteStartArray();
            writer.WriteStartObject();
            writer.WriteString("type"u8, "text"u8);
            writer.WriteString("text"u8, json);
            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        return output.WrittenSpan.ToArray();
    }

    private static string Shortened(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        if (line.Length <= LongestDescription)
        {
            return line;
        }

        // Between two words, and never inside a surrogate pair.
        var end = line.LastIndexOf(' ', LongestDescription) is > LongestDescription / 2 and var space ? space : LongestDescription;
        return new StringBuilder(line, 0, char.IsHighSurrogate(line[end - 1]) ? end - 1 : end, end + 1).Append('…').ToString();
    }
}
