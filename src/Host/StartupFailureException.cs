using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Host;

/// <summary>A reason not to start that an operator can act on. The message is all that is shown: no stack, no secret.</summary>
internal sealed class StartupFailureException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The reason behind a failure of composing or opening, when it is one of the known ones; null for a fault of ours.</summary>
    public static StartupFailureException? From(Exception e) => e switch
    {
        OptionsValidationException options => new("The configuration cannot be used: " + string.Join(" ", options.Failures), e),

        // What the configuration binder says of a number or a time span that is none; such settings are never secret.
        InvalidOperationException { InnerException: FormatException or ArgumentException } unreadable => new("The configuration cannot be used: " + unreadable.Message, e),
        EventStoreUnavailableException => new("The log cannot be opened: " + e.Message, e),
        Npgsql.PostgresException refused => new($"The database refused what Toolgate needs: {refused.MessageText} ({refused.SqlState}).", e),
        _ => null,
    };
}
