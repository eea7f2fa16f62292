using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Toolgate.Sessions;

/// <summary>What an operator can set of the MCP surface.</summary>
internal sealed record SessionsOptions
{
    /// <summary><c>Toolgate:Sessions:IdleTimeout</c>: a session that nobody used for so long ends.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary><c>Toolgate:Sessions:MaxLive</c>: live sessions of a node; beyond it the one idle longest ends.</summary>
    public int MaxLive { get; init; } = 10_000;

    /// <summary><c>Toolgate:Sessions:KeepAlive</c>: pause after which an open stream gets a comment line.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary><c>Toolgate:Sessions:Lease</c>: a node that did not report for so long is taken for dead, its running calls for interrupted.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// <c>Toolgate:Sessions:AnswerWithin</c>: time that a client has to answer what an upstream asks it: for a question in a session, and for coming back to
    /// a request that waits for its answers.
    /// </summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary><c>Toolgate:Sessions:StreamAfter</c>: a call in a session that takes longer is answered by a stream, as if something had to be said.</summary>
    public TimeSpan StreamAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>Toolgate:Sessions:MaxParked</c>: requests of the stateless era that may wait for answers on a node.</summary>
    public int MaxParked { get; init; } = 1_000;

    /// <summary><c>Toolgate:Sessions:MaxParkedEach</c>: how many of them may belong to one principal.</summary>
    public int MaxParkedEach { get; init; } = 100;

    /// <summary><c>Toolgate:Sessions:StopGrace</c>: time that running calls are given to end when the server stops.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>Toolgate:Sessions:PageSize</c>: tools of one page of <c>tools/list</c>; 0 for one page, because many clients never ask for a second.</summary>
    public int PageSize { get; init; }

    /// <summary><c>Toolgate:Cors:AllowedOrigins</c>: web origins, besides the server's own and loopback ones, that may call.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary><c>Toolgate:Hosts</c>: host names, besides that of the public URL, under which clients may call.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary><c>Toolgate:PublicUrl</c>: how clients reach this deployment, without a trailing slash; null when the request says it.</summary>
    public string? PublicUrl { get; init; }

    /// <summary><c>Toolgate:Anonymous:Toolkits</c>: slugs served to loopback callers without a credential.</summary>
    public IReadOnlyList<string> AnonymousToolkits { get; init; } = [];

    /// <summary><c>Toolgate:Audit:Durability</c> is <c>strict</c>: every call record is durable before its answer leaves.</summary>
    public bool Strict { get; init; }

    /// <summary>Largest message, in bytes.</summary>
    public int MaxMessageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="OptionsValidationException">A value is out of range; the message names the setting.</exception>
    public static SessionsOptions From(IConfiguration configuration)
    {
        var toolgate = configuration.GetSection("Toolgate");
        var defaults = new SessionsOptions();
        var durability = toolgate["Audit:Durability"] ?? "pipelined";
        var options = new SessionsOptions
        {
            IdleTimeout = Duration(toolgate, "Sessions:IdleTimeout", defaults.IdleTimeout),
            MaxLive = toolgate.GetValue("Sessions:MaxLive", defaults.MaxLive),
            KeepAlive = Duration(toolgate, "Sessions:KeepAlive", defaults.KeepAlive),
            Lease = Duration(toolgate, "Sessions:Lease", defaults.Lease),
            AnswerWithin = Duration(toolgate, "Sessions:AnswerWithin", defaults.AnswerWithin),
            MaxParked = toolgate.GetValue("Sessions:MaxParked", defaults.MaxParked),
            MaxParkedEach = toolgate.GetValue("Sessions:MaxParkedEach", defaults.MaxParkedEach),
            StreamAfter = Duration(toolgate, "Sessions:StreamAfter", defaults.StreamAfter),
            StopGrace = Duration(toolgate, "Sessions:StopGrace", defaults.StopGrace),
            PageSize = toolgate.GetValue("Sessions:PageSize", defaults.PageSize),
            AllowedOrigins = toolgate.GetSection("Cors:AllowedOrigins").Get<string[]>() ?? [],
            Hosts = toolgate.GetSection("Hosts").Get<string[]>() ?? [],
            PublicUrl = toolgate["PublicUrl"] is { Length: > 0 } url ? url.TrimEnd('/') : null,
            AnonymousToolkits = toolgate.GetSection("Anonymous:Toolkits").Get<string[]>() ?? [],
            Strict = durability == "strict",
        };
        return durability is not ("strict" or "pipelined")
            ? throw Unusable("Toolgate:Audit:Durability must be 'strict' or 'pipelined'.")
            : options.MaxLive < 1
                ? throw Unusable("Toolgate:Sessions:MaxLive must be at least 1.")
                : options.MaxParked < 0 || options.MaxParkedEach < 0 || options.AnswerWithin > TimeSpan.FromDays(1)
                    ? throw Unusable("Toolgate:Sessions:MaxParked and MaxParkedEach must not be negative, AnswerWithin at most a day.")
                : options.PageSize < 0
                    ? throw Unusable("Toolgate:Sessions:PageSize must not be negative.")
                    : options;
    }

    private static TimeSpan Duration(IConfigurationSection section, string key, TimeSpan fallback)
    {
        var value = section.GetValue(key, fallback);
        return value > TimeSpan.Zero ? value : throw Unusable($"Toolgate:{key} must be longer than zero.");
    }

    private static OptionsValidationException Unusable(string why) => new("Toolgate", typeof(SessionsOptions), [why]);
}
