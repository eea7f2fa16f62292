namespace Toolgate.Policies;

/// <summary>What a rule says, in rising restrictiveness.</summary>
public enum PolicyAction
{
    /// <summary>The call runs.</summary>
    Approve,

    /// <summary>The call waits for a person's yes.</summary>
    RequireApproval,

    /// <summary>The tool does not exist for the caller.</summary>
    Block,
}

/// <summary>Whose yes a rule that requires approval takes, in rising restrictiveness.</summary>
public enum Approver
{
    /// <summary>The person in front of the client may answer there; anybody who may decide can answer in the console.</summary>
    Client,

    /// <summary>Only the console: what a client says counts for nothing.</summary>
    Console,

    /// <summary>Only the console, and only somebody else than the one who asks: four eyes.</summary>
    Other,
}

/// <summary>Where a decision came from.</summary>
public enum DecisionSource
{
    /// <summary>An enforced rule of the workspace.</summary>
    Enforced,

    /// <summary>A policy of the toolkit.</summary>
    Toolkit,

    /// <summary>A personal rule.</summary>
    User,

    /// <summary>An ordinary rule of the workspace.</summary>
    Org,

    /// <summary>The tool's default.</summary>
    Default,

    /// <summary>No grant of the toolkit matches.</summary>
    NotGranted,

    /// <summary>A personal tool in a shared toolkit.</summary>
    PersonalInShared,

    /// <summary>There is no such tool.</summary>
    Unknown,

    /// <summary>The toolkit's override of the tool no longer fits the tool's definition: held back until somebody looks at it.</summary>
    HeldBack,
}

/// <summary>A decision with its reason.</summary>
/// <param name="Action">What holds.</param>
/// <param name="Source">Why.</param>
/// <param name="RuleId">The rule or policy that decided, where one did.</param>
/// <param name="Pattern">Its pattern.</param>
/// <param name="Approver">Whose yes it takes, where the action is require_approval: the strictest that any of the rules that spoke asks for.</param>
public readonly record struct AccessDecision(
    PolicyAction Action, DecisionSource Source, string? RuleId = null, string? Pattern = null, Approver Approver = Approver.Client)
{
    /// <summary>For showing: null unless a person's yes is needed.</summary>
    public Approver? ShownApprover => Action == PolicyAction.RequireApproval ? Approver : null;
}
