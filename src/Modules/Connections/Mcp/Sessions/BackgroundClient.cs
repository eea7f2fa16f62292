using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>Nobody: the client behind what Toolgate asks by itself. It can do nothing and wants to hear nothing.</summary>
internal sealed class BackgroundClient : CallClient
{
    /// <summary>Pool key of sessions without a client; no principal's id holds a blank.</summary>
    public const string Pool = " background";

    private BackgroundClient()
        : base(new Principal("system", "Toolgate", Role.Member, Scopes.None, ""))
    {
    }

    /// <summary>The only one.</summary>
    public static BackgroundClient Instance { get; } = new();

    /// <inheritdoc/>
    public override string PoolKey => Pool;
}
