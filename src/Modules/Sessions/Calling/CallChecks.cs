using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>What is checked of a call before anything is asked or sent.</summary>
internal sealed class CallChecks(IToolInvoker invoker)
{
    /// <summary>Why the call is refused, or null; the arguments become what would be sent.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="view">What they may call.</param>
    /// <param name="called">The tool in that view.</param>
    /// <param name="arguments">As sent; then with what the toolkit fixed put in.</param>
    public ToolError? Refusal(Principal caller, ToolView view, ViewTool called, ref ReadOnlyMemory<byte> arguments)
    {
        if (CallAccess.Refusal(caller, view, called) is { } refusal)
        {
            return refusal;
        }

        if (ArgumentsCheck.Find(arguments.Span) is { } fault)
        {
            return ToolErrors.InvalidArguments([fault]);
        }

        if (called.Shape is { } shape)
        {
            arguments = shape.Apply(arguments, out var hidden);
            if (hidden is not null)
            {
                return ToolErrors.InvalidArguments([hidden]);
            }
        }

        var faults = invoker.Check(called.Tool, arguments);
        return faults.Count > 0 ? ToolErrors.InvalidArguments(called.Shape?.Seen(faults) ?? faults) : null;
    }
}
