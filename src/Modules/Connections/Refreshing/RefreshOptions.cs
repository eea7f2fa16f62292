namespace Toolgate.Connections;

/// <summary>Section <c>Toolgate:Refresh</c>: reading sources anew by schedule.</summary>
internal sealed class RefreshOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Toolgate:Refresh";

    /// <summary>How long after it was read last a source is read again, give or take an eighth; zero turns the schedule off.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether the interval makes sense.</summary>
    public bool IsValid() => Interval >= TimeSpan.Zero && Interval <= TimeSpan.FromDays(366);
}
