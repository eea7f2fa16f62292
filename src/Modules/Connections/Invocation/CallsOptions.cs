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

    /// <summary>Whether the limits make sense.</summary>
    public bool IsValid() => Timeout > TimeSpan.Zero && Timeout < TimeSpan.FromDays(1) && AskTimeout > TimeSpan.Zero && AskTimeout < TimeSpan.FromDays(1) && MaxResponseBytes is > 0 and <= 1024 * 1024 * 1024;
}
