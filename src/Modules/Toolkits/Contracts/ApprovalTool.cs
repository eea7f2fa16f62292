using System.Text;
using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>The tool with which an agent comes back for a call that waited for a person's approval. Listed, last, where a tool of the view asks for one.</summary>
public static class ApprovalTool
{
    /// <summary>Its name; no other tool can have it.</summary>
    public const string Name = "resume_approval";

    /// <summary>The address under which its calls are recorded; no connection can have such an address.</summary>
    public const string Address = SearchSurface.AddressPrefix + Name;

    /// <summary>Its one argument.</summary>
    public const string Argument = "approval_id";

    /// <summary>The tool.</summary>
    public static Tool Resuming { get; } = SearchSurface.Make(
        Name, "Resume an approved call",
        "Goes on with a call that answered approval_required: once a person has approved it, carries it out with the arguments that were approved and returns what the tool returns. Called again, it returns the same result and carries out nothing.",
        """{"type":"object","properties":{"approval_id":{"type":"string","minLength":1,"maxLength":64,"description":"The approval_id of the answer approval_required."}},"required":["approval_id"],"additionalProperties":false}""",
        null, changes: true);

    /// <summary>Its entry of <c>tools/list</c>, UTF-8.</summary>
    public static ReadOnlyMemory<byte> Entry { get; } = Encoding.UTF8.GetBytes(SearchSurface.Entry(Resuming));
}
