#pragma warning disable CA1852, CA1812 // These break the rules on purpose.
namespace Toolgate.Architecture.Tests.Samples;

internal class OpenClass;

internal sealed record ThingMeasured(string Id, int Size);

internal record ThingOpened(string Id);

internal sealed record ThingMoved(string Id)
{
    public string? To { get; init; }
}

internal sealed record MoveThing(string Id);

internal sealed record HTTPThingMoved(string Id);

internal static class Nest
{
    internal sealed record ThingNested(string Id);
}
