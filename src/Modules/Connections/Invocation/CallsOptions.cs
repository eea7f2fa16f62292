namespace Toolgate.Connections;

/// <summary>Section <c>Toolgate:Calls</c>: limits of every call to an upstream.</summary>
internal sealed class CallsOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Toolgate:Calls";

    /// <summary>The deadline of a call, redirects and the whole response included.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a client may take to answer what an upstream asks it during a call; meanwhile the deadline rests.</summary>
    public TimeSpan AskTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most bytes of a response, decompressed.</summary>
    public int MaxResponseBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>How long an answer that is a stream of events is listened to; what came until then is the result.</summary>
    public TimeSpan StreamWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the limits make sense.</summary>
    public bool IsValid() => IsTime(Timeout) && IsTime(AskTimeout) && IsTime(StreamWindow) && MaxResponseBytes is > 0 and <= 1024 * 1024 * 1024;

    private static bool IsTime(TimeSpan time) => time > TimeSpan.Zero && time < TimeSpan.FromDays(1);
}
