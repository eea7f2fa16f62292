using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>
/// The text that a client may give its model about a view. Names are people's words: control, bidirectional and other format characters are dropped,
/// and the whole is at most <see cref="MaxLength"/> characters.
/// </summary>
internal static class ViewInstructions
{
    /// <summary>Longest text, in characters.</summary>
    public const int MaxLength = 2_000;

    private const int MostIntegrations = 20;

    public static string Of(string? toolkitName, ImmutableArray<ViewTool> tools, bool searched = false, OfferView? offers = null)
    {
        var text = new StringBuilder();
        var connecting = tools.Where(tool => tool.Connects is not null).ToList();
        tools = connecting.Count == 0 ? tools : tools.RemoveAll(tool => tool.Connects is not null);
        text.Append(toolkitName is null ? "Toolgate: every tool that you may call." : $"Toolgate toolkit \"{Clean(toolkitName)}\".").Append(' ');
        text.Append(tools.Length switch { 0 => "It holds no tools now.", 1 => "It holds 1 tool", var n => Invariant($"It holds {n} tools") });
        if (tools.Length > 0)
        {
            var groups = tools.GroupBy(tool => tool.Tool.Integration, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
            text.Append(" of: ").AppendJoin(", ", groups.Take(MostIntegrations).Select(group => Invariant($"{Clean(group.Key)} ({group.Count()})")));
            text.Append(groups.Count > MostIntegrations ? Invariant($" and {groups.Count - MostIntegrations} more integrations.") : ".");
            if (!searched && tools.All(tool => tool.Name == tool.Tool.McpName))
            {
                text.Append(" The name of a tool follows its address, integration.owner.connection.tool.");
            }
        }

        if (searched)
        {
            text.Append(" Its tools are searched, not listed: search_tools finds them by what you want to do, describe_tool shows the arguments of one, and call_tool calls it by its name.");
        }

        var asking = tools.Count(tool => tool.Decision.Action == PolicyAction.RequireApproval);
        if (asking > 0)
        {
            text.Append(Invariant($" {asking} of them ask a person for approval before they run: such a call waits or answers how to go on; do not change its arguments meanwhile."));
        }

        if (connecting.Count > 0)
        {
            text.Append(" More tools come with an account of the user's own at ").AppendJoin(", ", connecting.Take(MostIntegrations).Select(tool => Clean(tool.Connects!)))
                .Append(": call ").AppendJoin(", ", connecting.Take(MostIntegrations).Select(tool => tool.Name)).Append(" to learn how it is connected.");
        }

        offers ??= OfferView.Nothing;
        string[] besides = [
            .. Counted(offers.Resources.Count, "resource"), .. Counted(offers.Templates.Length, "resource template"), .. Counted(offers.Prompts.Count, "prompt")];
        if (besides.Length > 0)
        {
            text.Append(" Its MCP servers also offer ").AppendJoin(" and ", besides).Append('.');
        }

        text.Append(" The list can change while you are connected.");
        return text.Length <= MaxLength ? text.ToString() : text.ToString(0, MaxLength);
    }

    private static string[] Counted(int count, string what) => count switch { 0 => [], 1 => ["1 " + what], _ => [Invariant($"{count} {what}s")] };

    private static string Clean(string name) => string.Concat(name.Where(c => char.GetUnicodeCategory(c) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate)));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
