using System.Reflection;

namespace Toolgate.Host;

/// <summary>The command line: one verb, then configuration as <c>--Name=value</c>.</summary>
internal static class CommandLine
{
    private const int Failed = 1;
    private const int Misused = 2;

    private const string Help = """
        Toolgate, a gateway between AI agents and everything they may call.

        Usage: toolgate [verb] [--Setting=value ...]

        Verbs
          serve                          serve (the default)
          verify                         recompute the seals of the whole log, and end
          replay                         rebuild every read model aside, compare, and end
          rotate-master-key              wrap every stored credential with a new master key, and end

        Settings that are asked for most; every setting of appsettings.json can be given, here or as an
        environment variable (Toolgate__PublicUrl)
          --urls http://127.0.0.1:7300   addresses to listen on
          --Toolgate:DataDirectory=DIR   data folder (default ./.toolgate)
          --Toolgate:PublicUrl=URL       address by which clients reach this server
          --ConnectionStrings:Toolgate=… use this PostgreSQL instead of starting one
          --Toolgate:Postgres:BinDirectory=DIR   folder of PostgreSQL's programs
          --help, --version
        """;

    /// <summary>The version of this build.</summary>
    public static string Version { get; } = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion.Split('+')[0];

    /// <summary>Runs a verb to its end and answers the exit code: 0, 1 for a failure told in one message, 2 for misuse.</summary>
    public static async Task<int> Run(string[] args, TextWriter output, TextWriter errors)
    {
        if (args.Any(arg => arg is "--help" or "-h" or "-?"))
        {
            await output.WriteLineAsync(Help);
            return 0;
        }

        if (args.Contains("--version", StringComparer.Ordinal))
        {
            await output.WriteLineAsync("toolgate " + Version);
            return 0;
        }

        var verb = args is [{ } first, ..] && !first.StartsWith('-') && !first.StartsWith('/') && !first.Contains('=', StringComparison.Ordinal) ? first : null;
        var settings = verb is null ? args : args[1..];
        try
        {
            switch (verb)
            {
                case null or "serve":
                    return await Serving.Run(settings, output);
                case "verify":
                    return await Maintenance.Verify(settings, output);
                case "replay":
                    return await Maintenance.Replay(settings, output);
                case "rotate-master-key":
                    return await Maintenance.RotateMasterKey(settings, output);
                default:
                    await errors.WriteLineAsync($"toolgate: there is no verb '{verb}'. See --help.");
                    return Misused;
            }
        }
        catch (StartupFailureException failure)
        {
            await errors.WriteLineAsync("toolgate: " + failure.Message);
            return Failed;
        }
    }
}
