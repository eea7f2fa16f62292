namespace Toolgate.Access;

/// <summary>The host runs it once at start, after the read models have caught up and before it listens.</summary>
public interface IFirstStart
{
    /// <summary>Makes what an empty database needs; does nothing on another one.</summary>
    Task<FirstStartResult> Run(CancellationToken cancellationToken = default);

    /// <summary>
    /// A new setup link while no owner can sign in yet: the one that was printed before may be lost or have ended. To be asked for by a host that is about to serve
    /// and did not make the workspace. The value to be printed once; null where somebody can sign in.
    /// </summary>
    Task<string?> OfferSetup(CancellationToken cancellationToken = default);
}

/// <summary>What the first start made.</summary>
/// <param name="Created">True when this call made the workspace.</param>
/// <param name="OwnerKey">The generated owner key, to be printed once and kept nowhere; null when it was configured or exists.</param>
/// <param name="SetupToken">Value of the link <c>/setup?token=…</c> with which a person becomes the owner; null when one was configured or exists.</param>
public sealed record FirstStartResult(bool Created, string? OwnerKey, string? SetupToken);
