namespace Toolgate.Access;

/// <summary>
/// Set as a feature of a request that this process makes of itself on somebody's behalf: who that is, verified before. Nothing that arrives over a
/// connection can set a feature. What the request may do is judged as for any other, and the credential must still be live.
/// </summary>
/// <param name="Principal">On whose behalf.</param>
public sealed record ActingAs(Principal Principal);
