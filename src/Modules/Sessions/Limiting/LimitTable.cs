namespace Toolgate.Sessions;

/// <summary>What holds for whom, at one moment. A subject compares the reference to know whether its values are still in force.</summary>
internal sealed class LimitTable
{
    private readonly LimitsOptions defaults;
    private readonly LimitsState own;
    private readonly bool[] watched = new bool[3];

    public LimitTable(LimitsOptions defaults, LimitsState own)
    {
        this.defaults = defaults;
        this.own = own;
        foreach (var kind in Enum.GetValues<LimitKind>())
        {
            watched[(int)kind] = !Limits.Of(null, defaults.Of(kind)).AreNone || own.Own.Keys.Any(key => key.Kind == kind);
        }
    }

    /// <summary>The own values that it was made of.</summary>
    public LimitsState Own => own;

    /// <summary>Whether anything of this kind is limited at all; else nothing of it is counted.</summary>
    public bool Watches(LimitKind kind) => watched[(int)kind];

    /// <summary>The values of a subject.</summary>
    public Limits Of(LimitKind kind, string id) => Limits.Of(own.Own.GetValueOrDefault((kind, id))?.Values, defaults.Of(kind));
}
