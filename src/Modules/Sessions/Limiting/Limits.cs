namespace Toolgate.Sessions;

/// <summary>What can be limited.</summary>
internal enum LimitKind
{
    /// <summary>An account, whatever it calls.</summary>
    Principal,

    /// <summary>A toolkit, whoever calls through it.</summary>
    Toolkit,

    /// <summary>A connection, whoever uses it.</summary>
    Connection,
}

/// <summary>Which limit refuses.</summary>
internal enum LimitReason
{
    /// <summary>Too many requests in a short time.</summary>
    Rate,

    /// <summary>Too many calls under way.</summary>
    Concurrency,

    /// <summary>The calls of the day are used up.</summary>
    Budget,
}

/// <summary>Words of the wire.</summary>
internal static class LimitWords
{
    public static string Word(this LimitKind kind) => kind switch
    {
        LimitKind.Principal => "principal",
        LimitKind.Toolkit => "toolkit",
        _ => "connection",
    };

    public static string Word(this LimitReason reason) => reason switch
    {
        LimitReason.Rate => "rate",
        LimitReason.Concurrency => "concurrency",
        _ => "budget",
    };

    public static LimitKind? KindOf(string word) => word switch
    {
        "principal" => LimitKind.Principal,
        "toolkit" => LimitKind.Toolkit,
        "connection" => LimitKind.Connection,
        _ => null,
    };
}

/// <summary>Values as they are set; null where the next coarser place says it, 0 for no limit.</summary>
/// <param name="PerSecond">Requests a second in the long run.</param>
/// <param name="Burst">Requests at once after a pause; 0 for as many as in a second.</param>
/// <param name="Concurrency">Calls under way at a time, on this node.</param>
/// <param name="PerDay">Calls of a day (UTC), on all nodes together.</param>
internal sealed record LimitValues(double? PerSecond = null, int? Burst = null, int? Concurrency = null, long? PerDay = null);

/// <summary>Values in force; 0 for no limit.</summary>
/// <param name="PerSecond">Tokens that a bucket gains in a second.</param>
/// <param name="Burst">Tokens that a bucket holds at most.</param>
/// <param name="Concurrency">Calls under way at a time.</param>
/// <param name="PerDay">Calls of a day.</param>
internal readonly record struct Limits(double PerSecond, double Burst, int Concurrency, long PerDay)
{
    /// <summary>Whether there is nothing to watch.</summary>
    public bool AreNone => PerSecond <= 0 && Concurrency <= 0 && PerDay <= 0;

    /// <summary>A subject's own values over those of its kind.</summary>
    public static Limits Of(LimitValues? own, LimitValues defaults)
    {
        var perSecond = own?.PerSecond ?? defaults.PerSecond ?? 0;

        // The burst of the configuration belongs to the rate of the configuration.
        var burst = own?.Burst ?? (own?.PerSecond is null ? defaults.Burst : null) ?? 0;
        return new Limits(
            perSecond, burst > 0 ? burst : Math.Max(1, Math.Ceiling(perSecond)), own?.Concurrency ?? defaults.Concurrency ?? 0, own?.PerDay ?? defaults.PerDay ?? 0);
    }
}
