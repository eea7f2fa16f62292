namespace Toolgate.Fixture;

/// <summary>What all transports of one server share.</summary>
internal sealed class FixtureCore
{
    public FixtureCore() => Catalog = new FixtureCatalog(Audience);

    public Behaviour Behaviour { get; } = new();

    public RequestLog Requests { get; } = new();

    public CallLog Calls { get; } = new();

    public Audience Audience { get; } = new();

    public FixtureCatalog Catalog { get; }

    public StateSeal Seal { get; } = new();
}
