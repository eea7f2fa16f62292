namespace Toolgate.Host;

/// <summary>What the embedded PostgreSQL needs to know.</summary>
internal sealed record PostgresOptions
{
    /// <summary>Toolgate's data folder; the cluster lives in <c>postgres/</c> below it.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where binaries may be.</summary>
    public required PostgresPlaces Places { get; init; }

    /// <summary>Server settings that replace or add to ours, for example <c>shared_buffers</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How long a start may take, crash recovery included.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Stop without a checkpoint: for throwaway clusters only, the next start would have to recover.</summary>
    public bool StopImmediately { get; init; }

    /// <summary>The options of a configured host.</summary>
    public static PostgresOptions From(IConfiguration configuration, string dataFolder) => new()
    {
        DataFolder = dataFolder,
        Places = PostgresPlaces.OfThisMachine(configuration["Toolgate:Postgres:BinDirectory"]),
        Settings = configuration.GetSection("Toolgate:Postgres:Settings").GetChildren()
            .Where(setting => setting.Value is not null)
            .ToDictionary(setting => setting.Key, setting => setting.Value!, StringComparer.Ordinal),
    };
}
