namespace Toolgate.Sessions;

/// <summary>An admin gave a principal, a toolkit or a connection limits of its own. What is null is as the configuration has it for its kind.</summary>
/// <param name="Limit">What is limited: <c>principal</c>, <c>toolkit</c> or <c>connection</c>.</param>
/// <param name="LimitedId">Its id: <c>usr_…</c>, <c>svc_…</c>, <c>tk_…</c>, or <c>integration.owner.name</c> of a connection.</param>
/// <param name="PerSecond">Requests a second in the long run; 0 for no limit.</param>
/// <param name="Burst">Requests at once after a pause; 0 for as many as in a second.</param>
/// <param name="Concurrency">Calls under way at a time, on each node; 0 for no limit.</param>
/// <param name="PerDay">Calls of a day (UTC), on all nodes together; 0 for no limit.</param>
public sealed record LimitSet(string Limit, string LimitedId, double? PerSecond, int? Burst, int? Concurrency, long? PerDay);

/// <summary>An admin took the limits of its own from a principal, a toolkit or a connection: those of the configuration hold again.</summary>
/// <param name="Limit">What was limited: <c>principal</c>, <c>toolkit</c> or <c>connection</c>.</param>
/// <param name="LimitedId">Its id.</param>
public sealed record LimitLifted(string Limit, string LimitedId);

/// <summary>
/// A limit refused more calls than there are records of: of each second only the first is a <c>tool_call_denied</c>, and the others are counted here, so that a
/// flood of refused calls is no flood of events.
/// </summary>
/// <param name="Limit">What is limited: <c>principal</c>, <c>toolkit</c> or <c>connection</c>.</param>
/// <param name="LimitedId">Its id.</param>
/// <param name="PrincipalId">Whose calls, when the limit is a principal's; else null.</param>
/// <param name="ToolkitId">The toolkit, when the limit is a toolkit's; else null.</param>
/// <param name="Calls">How many calls were refused without a record of their own since the last such event of this node.</param>
/// <param name="NodeId">The node that refused them.</param>
/// <param name="Outcome"><c>rate_limited</c>.</param>
public sealed record CallsLimited(string Limit, string LimitedId, string? PrincipalId, string? ToolkitId, long Calls, string NodeId, string Outcome);
