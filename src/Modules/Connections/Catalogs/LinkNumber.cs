using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// Keeps connections and the removal of their integration from passing each other: both are decisions of different streams over one shared
/// fact. Each making of a connection and each removal claims the next number of the integration, for ever; the name is unique, so of two that
/// saw the same picture one is refused, looks again, and decides anew.
/// </summary>
internal static class LinkNumber
{
    /// <summary>Scope of the claims.</summary>
    public const string Scope = "integration-link";

    /// <summary>The claim of whoever acts next on the picture of <paramref name="state"/>.</summary>
    public static NameClaim Next(ConnectionsState state, string slug)
        => new(Scope, $"{slug} {state.Links.GetValueOrDefault(slug) + 1}");
}
