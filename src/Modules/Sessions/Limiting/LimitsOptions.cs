using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Toolgate.Sessions;

/// <summary>What an operator can set of limits. Without a word in the configuration nobody's calls are limited, only divided.</summary>
internal sealed record LimitsOptions
{
    /// <summary><c>Toolgate:Limits:Principals</c>: for each principal that has no values of its own.</summary>
    public LimitValues Principals { get; init; } = new();

    /// <summary><c>Toolgate:Limits:Toolkits</c>: for each toolkit.</summary>
    public LimitValues Toolkits { get; init; } = new();

    /// <summary><c>Toolgate:Limits:Connections</c>: for each connection.</summary>
    public LimitValues Connections { get; init; } = new();

    /// <summary><c>Toolgate:Limits:Running</c>: calls under way on this node; what comes then waits for its turn.</summary>
    public int Running { get; init; } = 1_000;

    /// <summary><c>Toolgate:Limits:Waiting</c>: calls, and lists, of one principal that may wait for their turn.</summary>
    public int Waiting { get; init; } = 1_000;

    /// <summary><c>Toolgate:Limits:Lists</c>: lists of tools that are written at a time on this node.</summary>
    public int Lists { get; init; } = 64;

    /// <summary>What holds for a kind.</summary>
    public LimitValues Of(LimitKind kind) => kind switch
    {
        LimitKind.Principal => Principals,
        LimitKind.Toolkit => Toolkits,
        _ => Connections,
    };

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="OptionsValidationException">A value is out of range; the message names the setting.</exception>
    public static LimitsOptions From(IConfiguration configuration)
    {
        var limits = configuration.GetSection("Toolgate:Limits");
        var defaults = new LimitsOptions();
        var options = new LimitsOptions
        {
            Principals = Values(limits, "Principals"),
            Toolkits = Values(limits, "Toolkits"),
            Connections = Values(limits, "Connections"),
            Running = limits.GetValue("Running", defaults.Running),
            Waiting = limits.GetValue("Waiting", defaults.Waiting),
            Lists = limits.GetValue("Lists", defaults.Lists),
        };
        return options is { Running: >= 1, Waiting: >= 0, Lists: >= 1 }
            ? options
            : throw Unusable("Toolgate:Limits:Running and Lists must be at least 1, Waiting must not be negative.");
    }

    private static LimitValues Values(IConfigurationSection limits, string kind)
    {
        var section = limits.GetSection(kind);
        var values = new LimitValues(
            section.GetValue<double?>("PerSecond"), section.GetValue<int?>("Burst"), section.GetValue<int?>("Concurrency"), section.GetValue<long?>("PerDay"));
        return SetLimit.Fault(values) is { } fault ? throw Unusable($"Toolgate:Limits:{kind}: {fault}") : values;
    }

    private static OptionsValidationException Unusable(string why) => new("Toolgate", typeof(LimitsOptions), [why]);
}
