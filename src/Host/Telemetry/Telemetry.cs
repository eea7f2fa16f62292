using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Toolgate.Host;

/// <summary>
/// Traces, metrics and logs by OTLP, when an endpoint is configured: by <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> with all that the
/// OpenTelemetry specification adds to it, or by <c>Toolgate:Telemetry:OtlpEndpoint</c>. Without one nothing is collected.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private static readonly string[] Sources = ["Toolgate.*", "Microsoft.AspNetCore", "System.Net.Http", "Npgsql"];
    private static readonly string[] Meters =
        ["Toolgate.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql"];

    private readonly List<IDisposable> providers = [];

    private Telemetry()
    {
    }

    /// <summary>Starts what is configured; disposing sends what is still buffered.</summary>
    public static Telemetry Start(WebApplicationBuilder builder)
    {
        var telemetry = new Telemetry();
        var configured = builder.Configuration["Toolgate:Telemetry:OtlpEndpoint"];
        if (string.IsNullOrWhiteSpace(configured) && string.IsNullOrWhiteSpace(builder.Configuration[Endpoint]))
        {
            return telemetry;
        }

        if (!string.IsNullOrWhiteSpace(configured) && !Uri.TryCreate(configured, UriKind.Absolute, out _))
        {
            throw new StartupFailureException($"Toolgate:Telemetry:OtlpEndpoint is '{configured}', which is not a URL such as http://127.0.0.1:4318.");
        }

        // Our setting stands for the specification's variable, so that the exporter appends the paths of the signals itself.
        var settings = new ConfigurationBuilder().AddConfiguration(builder.Configuration).AddInMemoryCollection(
            string.IsNullOrWhiteSpace(configured)
                ? []
                : new Dictionary<string, string?>
                {
                    [Endpoint] = configured,
                    [Protocol] = builder.Configuration["Toolgate:Telemetry:OtlpProtocol"] ?? "http/protobuf",
                }).Build();
        // The server's spans carry the HTTP attributes of the semantic conventions only when asked to.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var resource = ResourceBuilder.CreateDefault().AddService("toolgate", serviceVersion: CommandLine.Version);
        telemetry.providers.Add(Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton<IConfiguration>(settings))
            .SetResourceBuilder(resource).AddSource(Sources).AddProcessor(new WithoutQueries()).AddOtlpExporter().Build());
        telemetry.providers.Add(Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton<IConfiguration>(settings))
            .SetResourceBuilder(resource).AddMeter(Meters).AddOtlpExporter().Build());
        builder.Logging.AddOpenTelemetry(logging => logging.SetResourceBuilder(resource).AddOtlpExporter(options => Apply(options, settings)));
        return telemetry;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var provider in providers)
        {
            provider.Dispose();
        }

        providers.Clear();
    }

    // The logging builder takes its options from the host's container, which knows the variables but not our setting.
    private static void Apply(OtlpExporterOptions options, IConfiguration settings)
    {
        if (settings[Protocol] is "http/protobuf" && settings[Endpoint] is { } endpoint)
        {
            options.Protocol = OtlpExportProtocol.HttpProtobuf;
            options.Endpoint = new Uri(new Uri(endpoint.TrimEnd('/') + "/"), "v1/logs");
        }
    }
}
