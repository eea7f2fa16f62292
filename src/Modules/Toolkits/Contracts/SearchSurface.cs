using System.Text;
using System.Text.Json;
using Toolgate.Access;
using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>The three tools that stand for all others where <see cref="ToolSurface.Search"/> is set: what they are called, and how they are listed.</summary>
public static class SearchSurface
{
    /// <summary>Finds tools.</summary>
    public const string SearchTools = "search_tools";

    /// <summary>Shows one tool.</summary>
    public const string DescribeTool = "describe_tool";

    /// <summary>Calls one tool.</summary>
    public const string CallTool = "call_tool";

    /// <summary>Begins the addresses under which their calls are recorded; no connection can have such an address.</summary>
    public const string AddressPrefix = "toolgate.surface.";

    /// <summary>Tools of an answer when <c>limit</c> is not given.</summary>
    public const int DefaultLimit = 10;

    /// <summary>Most tools of an answer.</summary>
    public const int MostResults = 50;

    private const string Found = """
        {"type":"object","properties":{"tools":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"address":{"type":"string"},"title":{"type":"string"},"description":{"type":"string"},"requiresApproval":{"type":"boolean"}},"required":["name","address","description","requiresApproval"]}},"total":{"type":"integer","description":"How many tools hold something of the query."}},"required":["tools","total"]}
        """;

    private const string Described = """
        {"type":"object","properties":{"tool":{"type":"object","description":"The tool as a tools/list entry: name, description, inputSchema and more.","properties":{"name":{"type":"string"},"inputSchema":{"type":"object"}},"required":["name","inputSchema"]},"requiresApproval":{"type":"boolean"},"approval":{"type":"string","description":"What a person is asked to approve."}},"required":["tool","requiresApproval"]}
        """;

    /// <summary>Searches.</summary>
    public static Tool Searching { get; } = Make(
        SearchTools, "Search tools",
        "Finds the tools of this toolkit that fit what you want to do. Describe the act in a few words of plain English, such as \"close an issue\" or \"list open invoices\"; the best matches come first. Then use describe_tool to see the arguments of a tool, and call_tool to call it.",
        $$$"""{"type":"object","properties":{"query":{"type":"string","minLength":1,"maxLength":500,"description":"What you want to do, in a few words."},"limit":{"type":"integer","minimum":1,"maximum":{{{MostResults}}},"default":{{{DefaultLimit}}},"description":"Most tools to return."}},"required":["query"],"additionalProperties":false}""",
        Found, changes: false);

    /// <summary>Describes.</summary>
    public static Tool Describing { get; } = Make(
        DescribeTool, "Describe a tool",
        "Shows one tool: its description, the JSON Schema of its arguments, and whether a person must approve a call. Use it before the first call of a tool.",
        """{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":1000,"description":"The name or the address of a tool, as search_tools gave it."}},"required":["name"],"additionalProperties":false}""",
        Described, changes: false);

    /// <summary>Calls.</summary>
    public static Tool Calling { get; } = Make(
        CallTool, "Call a tool",
        "Calls a tool of this toolkit by its name and returns what the tool returns. The arguments must fit the inputSchema that describe_tool shows. Where a person must approve the call, it waits or answers how to go on.",
        """{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":1000,"description":"The name or the address of a tool, as search_tools gave it."},"arguments":{"type":"object","description":"The tool's own arguments."}},"required":["name"],"additionalProperties":false}""",
        null, changes: true);

    /// <summary>The JSON array of the <c>tools</c> member of <c>tools/list</c>, UTF-8.</summary>
    public static ReadOnlyMemory<byte> ToolsJson { get; } = Encoding.UTF8.GetBytes(
        "[" + string.Join(',', new[] { Searching, Describing, Calling }.Select(Entry)) + "]");

    /// <summary>A tool of Toolgate's own that no connection has.</summary>
    internal static Tool Make(string name, string title, string description, string input, string? output, bool changes)
    {
        var annotations = changes
            ? """{"readOnlyHint":false,"destructiveHint":true,"idempotentHint":false,"openWorldHint":true}"""
            : """{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}""";
        var members = $"\"title\":{JsonSerializer.Serialize(title)},\"description\":{JsonSerializer.Serialize(description)},\"inputSchema\":{input}"
            + (output is null ? "" : $",\"outputSchema\":{output.Trim()}") + $",\"annotations\":{annotations}";
        return new Tool(
            new ToolDefinition
            {
                Name = name,
                Title = title,
                Description = description,
                AsksByDefault = false,
                ApprovalText = title,
                ChangesSomething = changes,
                InputSchema = Encoding.UTF8.GetBytes(input),
                OutputSchema = output is null ? default(ReadOnlyMemory<byte>) : Encoding.UTF8.GetBytes(output.Trim()),
                ListingMembers = Encoding.UTF8.GetBytes(members),
                Digest = name,
                Binding = new Unbound(),
            },
            "toolgate", Owner.Org, "surface");
    }

    /// <summary>Its entry of a list.</summary>
    internal static string Entry(Tool tool)
        => "{\"name\":\"" + tool.Definition.Name + "\"," + Encoding.UTF8.GetString(tool.Definition.ListingMembers.Span)
            + ",\"_meta\":{\"toolgate/address\":\"" + AddressPrefix + tool.Definition.Name + "\"}}";

    /// <summary>Nobody calls these through a connection.</summary>
    private sealed class Unbound : ToolBinding;
}
