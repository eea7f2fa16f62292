using System.Text.Json.Serialization;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>Where an approval stands.</summary>
internal enum ApprovalStatus
{
    /// <summary>Nobody has decided.</summary>
    Pending,

    /// <summary>Somebody said yes, and no call has used it.</summary>
    Approved,

    /// <summary>Somebody said no.</summary>
    Declined,

    /// <summary>The question was dismissed.</summary>
    Cancelled,

    /// <summary>It took too long.</summary>
    Expired,

    /// <summary>The call would no longer be the one that was approved.</summary>
    Void,

    /// <summary>A call used it.</summary>
    Consumed,
}

/// <summary>An approval as the log has it. Time is not in it: what is too old is so by the clock of whoever looks.</summary>
/// <param name="Asked">What was asked for.</param>
/// <param name="RequestedAt">When.</param>
/// <param name="Version">Version of its stream.</param>
internal sealed record Approval(ApprovalRequested Asked, DateTimeOffset RequestedAt, long Version)
{
    /// <summary>Kind of its stream.</summary>
    public const string StreamType = "approval";

    /// <summary>Scope of the claim that makes equal requests share one approval.</summary>
    public const string KeyScope = "approval-request";

    /// <summary>The decision, when there is one.</summary>
    public ApprovalDecided? Decision { get; init; }

    /// <summary>When it was decided.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>The call that used it.</summary>
    public string? CallId { get; init; }

    /// <summary>Why it is worth nothing, when it lapsed.</summary>
    public string? Lapsed { get; init; }

    /// <summary>When it was used, refused or lapsed.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Its identity.</summary>
    [JsonIgnore]
    public string Id => Asked.ApprovalId;

    /// <summary>Its stream.</summary>
    [JsonIgnore]
    public string StreamId => StreamOf(Id);

    /// <summary>The claim on its key.</summary>
    [JsonIgnore]
    public NameClaim Key => new(KeyScope, Asked.RequestKey);

    /// <summary>Whether the log may still say more of it before a call uses it.</summary>
    [JsonIgnore]
    public bool IsOpen => EndedAt is null;

    /// <summary>Stream of an approval.</summary>
    public static string StreamOf(string id) => "approval-" + id;

    /// <summary>Where it stands at a moment.</summary>
    public ApprovalStatus At(DateTimeOffset now) => this switch
    {
        { CallId: not null } => ApprovalStatus.Consumed,
        { Lapsed: "void" } => ApprovalStatus.Void,
        { Lapsed: not null } => ApprovalStatus.Expired,
        { Decision.Outcome: "declined" } => ApprovalStatus.Declined,
        { Decision.Outcome: "cancelled" } => ApprovalStatus.Cancelled,
        { Decision.UsableUntil: { } until } => until > now ? ApprovalStatus.Approved : ApprovalStatus.Expired,
        _ => Asked.ExpiresAt > now ? ApprovalStatus.Pending : ApprovalStatus.Expired,
    };

    /// <summary>The next state; null for an event that is none of an approval's, or begins none.</summary>
    public static Approval? Evolve(Approval? approval, object e, DateTimeOffset at) => (approval, e) switch
    {
        (null, ApprovalRequested asked) => new Approval(asked, at, 1),
        (not null, ApprovalDecided decided) => approval with
        {
            Decision = decided, DecidedAt = at, Version = approval.Version + 1, EndedAt = decided.UsableUntil is null ? at : null,
        },
        (not null, ApprovalConsumed consumed) => approval with { CallId = consumed.CallId, EndedAt = at, Version = approval.Version + 1 },
        (not null, ApprovalLapsed lapsed) => approval with { Lapsed = lapsed.Outcome, EndedAt = at, Version = approval.Version + 1 },
        _ => approval,
    };

    /// <summary>The fold of its stream. Times of the log are not known to it: decisions do not need them.</summary>
    public static Fold<ApprovalFold> Fold { get; } = new(new ApprovalFold(null), (state, e) => new ApprovalFold(Evolve(state.Approval, e, default)));
}

/// <summary>An approval's stream, folded.</summary>
/// <param name="Approval">The approval; null when there is none.</param>
internal sealed record ApprovalFold(Approval? Approval);
