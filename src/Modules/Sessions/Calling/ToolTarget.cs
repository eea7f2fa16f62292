using Toolgate.Policies;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// What a call reaches, in the form that a request that is tried again is compared by: the address, and whether a person is asked. A call that began without asking
/// does not go on where one must be asked now.
/// </summary>
internal static class ToolTarget
{
    private const string Asking = " asks";

    /// <summary>The target of a tool.</summary>
    public static string Of(ViewTool tool) => tool.Decision.Action == PolicyAction.RequireApproval ? tool.Tool.Address + Asking : tool.Tool.Address;

    /// <summary>Whether both reach the same tool, so that the request may begin anew.</summary>
    public static bool IsSame(string one, string other) => Address(one).SequenceEqual(Address(other));

    // No address holds a space.
    private static ReadOnlySpan<char> Address(string target) => target.EndsWith(Asking, StringComparison.Ordinal) ? target.AsSpan(0, target.Length - Asking.Length) : target;
}
