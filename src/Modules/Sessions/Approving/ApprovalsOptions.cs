using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Toolgate.Sessions;

/// <summary>What an operator can set of approvals.</summary>
internal sealed record ApprovalsOptions
{
    /// <summary><c>Toolgate:Approvals:ExpireAfter</c>: how long a request can be decided, and how long after a yes the call can begin.</summary>
    public TimeSpan ExpireAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>Toolgate:Approvals:Hold</c>: how long a call waits for a yes when its client can be asked nothing; zero answers at once.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary><c>Toolgate:Approvals:Round</c>: how long a call waits after its client agreed to open the page, before it is asked again.</summary>
    public TimeSpan Round { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary><c>Toolgate:Approvals:Rounds</c>: how often that is; reference clients give up after ten.</summary>
    public int Rounds { get; init; } = 8;

    /// <summary><c>Toolgate:Approvals:KeepOutcome</c>: how long the outcome of an approved call is kept for its caller to come back for.</summary>
    public TimeSpan KeepOutcome { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>Toolgate:Approvals:MaxPendingEach</c>: requests of one principal that may be open at a time.</summary>
    public int MaxPendingEach { get; init; } = 50;

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="OptionsValidationException">A value is out of range; the message names the setting.</exception>
    public static ApprovalsOptions From(IConfiguration configuration)
    {
        var section = configuration.GetSection("Toolgate:Approvals");
        var defaults = new ApprovalsOptions();
        var options = new ApprovalsOptions
        {
            ExpireAfter = section.GetValue("ExpireAfter", defaults.ExpireAfter),
            Hold = section.GetValue("Hold", defaults.Hold),
            Round = section.GetValue("Round", defaults.Round),
            Rounds = section.GetValue("Rounds", defaults.Rounds),
            KeepOutcome = section.GetValue("KeepOutcome", defaults.KeepOutcome),
            MaxPendingEach = section.GetValue("MaxPendingEach", defaults.MaxPendingEach),
        };
        return options.ExpireAfter <= TimeSpan.Zero || options.ExpireAfter > TimeSpan.FromDays(1) || options.KeepOutcome <= TimeSpan.Zero || options.KeepOutcome > TimeSpan.FromDays(1)
            ? throw Unusable("Toolgate:Approvals:ExpireAfter and KeepOutcome must be longer than zero and at most a day.")
            : options.Hold < TimeSpan.Zero || options.Hold > TimeSpan.FromMinutes(10) || options.Round <= TimeSpan.Zero || options.Round > TimeSpan.FromMinutes(10)
                ? throw Unusable("Toolgate:Approvals:Hold must not be negative, Round must be longer than zero, both at most ten minutes.")
                : options.Rounds is < 0 or > 100 || options.MaxPendingEach < 1
                    ? throw Unusable("Toolgate:Approvals:Rounds must be from 0 to 100, MaxPendingEach at least 1.")
                    : options;
    }

    private static OptionsValidationException Unusable(string why) => new("Toolgate", typeof(ApprovalsOptions), [why]);
}
