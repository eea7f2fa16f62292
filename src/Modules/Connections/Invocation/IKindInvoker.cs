namespace Toolgate.Connections;

/// <summary>Carries out calls of one kind of source. What goes wrong on the way to the upstream may leave as an exception: <see cref="ToolInvoker"/> knows them.</summary>
internal interface IKindInvoker
{
    /// <summary>Whether it carries out calls of this binding.</summary>
    bool Handles(ToolBinding binding);

    /// <summary>What only this kind can see wrong with arguments that fit the tool's schema; null when nothing is.</summary>
    ArgumentFault? Check(ToolBinding binding, ReadOnlyMemory<byte> arguments) => null;

    /// <summary>Calls the upstream.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="arguments">The bytes that were decided on.</param>
    /// <param name="auth">The connection's credentials.</param>
    /// <param name="client">The client behind the call.</param>
    /// <param name="cancellationToken">The call's deadline, or its caller gave up.</param>
    ValueTask<ToolOutcome> Invoke(Tool tool, ReadOnlyMemory<byte> arguments, PreparedAuth auth, CallClient client, CancellationToken cancellationToken);
}
