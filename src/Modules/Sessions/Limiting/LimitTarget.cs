using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>What a route of limits names.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its id. It may not exist yet.</param>
internal readonly partial record struct LimitTarget(LimitKind Kind, string Id)
{
    /// <summary>Stream of its limits.</summary>
    public string StreamId => $"limit-{Kind.Word()}-{Id}";

    /// <summary>It has no limits of its own.</summary>
    public static Rejection NotSet { get; } = Rejection.NotFound("limit_not_found", "It has no limits of its own.");

    /// <summary>The target, for an admin; else why not.</summary>
    public static LimitTarget? Find(HttpContext context, string kind, string id, out Rejection refusal)
    {
        refusal = Refused(context)!;
        if (refusal is not null)
        {
            return null;
        }

        refusal = Rejection.NotFound("limit_not_found", "Limits are of a principal (usr_… or svc_…), a toolkit (tk_…) or a connection (integration.owner.name).");
        return LimitWords.KindOf(kind) is { } known && Shape(known).IsMatch(id) ? new LimitTarget(known, id) : null;
    }

    /// <summary>Why the caller may not look at limits or change them; null for admins.</summary>
    public static Rejection? Refused(HttpContext context)
        => context.Principal().MayWriteOrg ? null : Rejection.Forbidden("role_too_small", "Limits are for admins.");

    private static Regex Shape(LimitKind kind) => kind switch
    {
        LimitKind.Principal => PrincipalId(),
        LimitKind.Toolkit => ToolkitId(),
        _ => ConnectionId(),
    };

    [GeneratedRegex(@"\A(usr|svc|anonymous)[A-Za-z0-9_-]{0,100}\z")]
    private static partial Regex PrincipalId();

    [GeneratedRegex(@"\Atk_[A-Za-z0-9_-]{1,100}\z")]
    private static partial Regex ToolkitId();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,100}\.(org|user-usr_[A-Za-z0-9_-]{1,100})\.[A-Za-z0-9_-]{1,100}\z")]
    private static partial Regex ConnectionId();
}

/// <summary>One subject's stream.</summary>
/// <param name="Values">Its own values; null when it has none.</param>
internal sealed record LimitFold(LimitValues? Values)
{
    public const string StreamType = "limit";

    public static Fold<LimitFold> Fold { get; } = new(new LimitFold((LimitValues?)null), (_, e) => e switch
    {
        LimitSet set => new LimitFold(new LimitValues(set.PerSecond, set.Burst, set.Concurrency, set.PerDay)),
        _ => new LimitFold((LimitValues?)null),
    });
}
