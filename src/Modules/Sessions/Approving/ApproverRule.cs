using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;

namespace Toolgate.Sessions;

/// <summary>Who may see and decide an approval.</summary>
internal static class ApproverRule
{
    public const string Client = "client";
    public const string Console = "console";
    public const string Other = "other";

    /// <summary>The channel in front of the client.</summary>
    public const string FormChannel = "form";

    /// <summary>As events write it.</summary>
    public static string Word(Approver approver) => approver switch
    {
        Approver.Client => Client,
        Approver.Console => Console,
        _ => Other,
    };

    /// <summary>A person sees what it asked for itself; admins see what is the workspace's. What is personal is seen by nobody else.</summary>
    public static bool Sees(Principal who, Approval approval)
        => approval.Asked.PrincipalId == who.Id || (approval.Asked.Subject is null && who.MayWriteOrg);

    /// <summary>Why somebody who sees it may not decide it here; null when they may. Their own client's form is another matter.</summary>
    public static Rejection? Refusal(Principal who, Approval approval) => approval.Asked switch
    {
        var asked when asked.CredentialId == who.CredentialId
            => Rejection.Forbidden("self_approval", "The credential that asked for this call cannot decide it."),
        var asked when asked.PrincipalId == who.Id && asked.Approver == Other
            => Rejection.Forbidden("self_approval", "This call takes the yes of somebody else than the one who asked for it."),
        _ => null,
    };

    /// <summary>Whether a yes that was given still counts under the rule of this moment, which may be stricter than the one it was given under.</summary>
    public static bool Accepts(Approver now, ApprovalRequested asked, ApprovalDecided decided) => now switch
    {
        Approver.Client => true,
        Approver.Console => decided.Channel != FormChannel,
        _ => decided.Channel != FormChannel && decided.DecidedBy != asked.PrincipalId,
    };
}
