using Microsoft.Extensions.Logging.Console;

namespace Toolgate.Host;

/// <summary>One line an event, on the console.</summary>
internal static class LoggingConfiguration
{
    /// <summary>Replaces the default providers.</summary>
    public static void ConfigureLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddToolgateConsole();
        // It writes the URL of each request as it came, whatever level its namespace is set to: links that let somebody in would stand in it.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);

        // Its one error, that hosting failed to start, is told by the startup failure, without the stack; a crashed background
        // service is critical and passes.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
    }

    /// <summary>The console as Toolgate writes it.</summary>
    public static ILoggingBuilder AddToolgateConsole(this ILoggingBuilder logging) => logging.AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.TimestampFormat = "HH:mm:ss ";
        console.ColorBehavior = LoggerColorBehavior.Disabled;
    });
}
