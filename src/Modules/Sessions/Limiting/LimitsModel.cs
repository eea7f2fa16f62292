using System.Collections.Immutable;
using System.Text.Json;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>Who has limits of its own.</summary>
/// <param name="Own">By kind and id.</param>
internal sealed record LimitsState(ImmutableDictionary<(LimitKind Kind, string Id), OwnLimits> Own)
{
    /// <summary>Nobody.</summary>
    public static LimitsState None { get; } = new(ImmutableDictionary<(LimitKind, string), OwnLimits>.Empty);
}

/// <summary>Values of one subject.</summary>
/// <param name="Values">The values.</param>
/// <param name="Version">Version of its stream: the ETag.</param>
internal sealed record OwnLimits(LimitValues Values, long Version);

/// <summary>Folds own limits from the log, so that every node knows them.</summary>
internal sealed class LimitsModel : ReadModel<LimitsState>
{
    public override string Name => "limits";

    public override int SchemaVersion => 1;

    public override IReadOnlyCollection<Type> Handles => [typeof(LimitSet), typeof(LimitLifted)];

    public override LimitsState Empty => LimitsState.None;

    public override LimitsState Evolve(LimitsState state, StoredEvent e) => e.Data switch
    {
        LimitSet set when LimitWords.KindOf(set.Limit) is { } kind => new LimitsState(
            state.Own.SetItem((kind, set.LimitedId), new OwnLimits(new LimitValues(set.PerSecond, set.Burst, set.Concurrency, set.PerDay), e.Version))),
        LimitLifted lifted when LimitWords.KindOf(lifted.Limit) is { } kind => new LimitsState(state.Own.Remove((kind, lifted.LimitedId))),
        _ => state,
    };

    public override byte[] Serialize(LimitsState state) => JsonSerializer.SerializeToUtf8Bytes(
        state.Own.Select(own => new Row(own.Key.Kind.Word(), own.Key.Id, own.Value)).OrderBy(row => row.Kind, StringComparer.Ordinal).ThenBy(row => row.Id, StringComparer.Ordinal));

    public override LimitsState Deserialize(ReadOnlySpan<byte> bytes) => new(
        JsonSerializer.Deserialize<Row[]>(bytes)!.ToImmutableDictionary(row => (LimitWords.KindOf(row.Kind)!.Value, row.Id), row => row.Limits));

    /// <summary>The canonical form.</summary>
    internal sealed record Row(string Kind, string Id, OwnLimits Limits);
}
