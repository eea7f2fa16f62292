namespace Toolgate.Rest;

/// <summary>What an endpoint says of the builtin tool that it becomes. Without it: a tool that changes something unless it is a GET.</summary>
/// <param name="IsTool">Whether it becomes one.</param>
/// <param name="ChangesNothing">Whether a call changes nothing, whatever its method.</param>
public sealed record ToolMetadata(bool IsTool, bool ChangesNothing);
