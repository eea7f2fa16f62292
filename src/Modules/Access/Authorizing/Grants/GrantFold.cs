using System.Collections.Immutable;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>A grant folded from its stream; what redeeming, refreshing and ending are decided on.</summary>
internal sealed record GrantDecisionState
{
    /// <summary>Kind of the stream.</summary>
    public const string StreamType = "grant";

    public static Fold<GrantDecisionState> Fold { get; } = new(new(), Evolve);

    /// <summary>How it was given; null before that.</summary>
    public GrantGiven? Given { get; init; }

    public bool HasEnded { get; init; }

    /// <summary>Of the refresh tokens that were issued last; 0 before the code was redeemed.</summary>
    public int Generation { get; init; }

    /// <summary>When the generation before this one was replaced.</summary>
    public DateTimeOffset ReplacedAt { get; init; }

    public string? FamilyDigest { get; init; }

    /// <summary>Digests of the refresh tokens of this generation: more than one where a refresh was repeated.</summary>
    public ImmutableArray<string> Current { get; init; } = [];

    /// <summary>Digests of those of the generation before it.</summary>
    public ImmutableArray<string> Replaced { get; init; } = [];

    public DateTimeOffset RefreshExpiresAt { get; init; }

    public static string StreamOf(string grantId) => "grant-" + grantId;

    private static GrantDecisionState Evolve(GrantDecisionState state, object e) => e switch
    {
        GrantGiven given => state with { Given = given },
        GrantEnded => state with { HasEnded = true },
        GrantTokensIssued issued when issued.Generation == state.Generation => state with { Current = Add(state.Current, issued), RefreshExpiresAt = issued.RefreshExpiresAt ?? default },
        GrantTokensIssued issued => state with
        {
            Generation = issued.Generation,
            ReplacedAt = issued.IssuedAt,
            FamilyDigest = issued.FamilyDigest,
            Replaced = state.Current,
            Current = Add([], issued),
            RefreshExpiresAt = issued.RefreshExpiresAt ?? default,
        },
        _ => state,
    };

    private static ImmutableArray<string> Add(ImmutableArray<string> digests, GrantTokensIssued issued) => issued.RefreshDigest is { } digest ? digests.Add(digest) : digests;
}
