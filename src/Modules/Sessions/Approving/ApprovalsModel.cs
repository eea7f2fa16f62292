using System.Collections.Immutable;
using System.Text.Json;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>The approvals that are open, and those that ended last.</summary>
/// <param name="Open">By id.</param>
/// <param name="ByKey">Ids of open ones by the key of their request.</param>
/// <param name="Recent">Those that ended last, oldest first.</param>
internal sealed record ApprovalsState(
    ImmutableDictionary<string, Approval> Open, ImmutableDictionary<string, string> ByKey, ImmutableList<Approval> Recent)
{
    private const int MostRecent = 500;

    public static ApprovalsState None { get; } = new(
        ImmutableDictionary.Create<string, Approval>(StringComparer.Ordinal), ImmutableDictionary.Create<string, string>(StringComparer.Ordinal), []);

    /// <summary>All, open or not, ordered by id, which is the order of their requests.</summary>
    public IEnumerable<Approval> All => Open.Values.Concat(Recent).OrderBy(approval => approval.Id, StringComparer.Ordinal);

    /// <summary>One by its id; null when there is none, or it ended long ago.</summary>
    public Approval? Find(string id) => Open.GetValueOrDefault(id) ?? Recent.FindLast(approval => approval.Id == id);

    /// <summary>The open one of a request.</summary>
    public Approval? OfKey(string key) => ByKey.TryGetValue(key, out var id) ? Open.GetValueOrDefault(id) : null;

    public ApprovalsState With(Approval approval) => approval.IsOpen
        ? this with { Open = Open.SetItem(approval.Id, approval), ByKey = ByKey.SetItem(approval.Asked.RequestKey, approval.Id) }
        : this with
        {
            Open = Open.Remove(approval.Id),
            ByKey = ByKey.GetValueOrDefault(approval.Asked.RequestKey) == approval.Id ? ByKey.Remove(approval.Asked.RequestKey) : ByKey,
            Recent = (Recent.Count >= MostRecent ? Recent.RemoveAt(0) : Recent).Add(approval),
        };
}

/// <summary>Folds approvals from the log: what people are shown, and what wakes those who wait. It decides nothing: decisions are appends.</summary>
internal sealed class ApprovalsModel : ReadModel<ApprovalsState>
{
    public override string Name => "approvals";

    public override int SchemaVersion => 1;

    public override IReadOnlyCollection<Type> Handles => [typeof(ApprovalRequested), typeof(ApprovalDecided), typeof(ApprovalConsumed), typeof(ApprovalLapsed)];

    public override ApprovalsState Empty => ApprovalsState.None;

    public override ApprovalsState Evolve(ApprovalsState state, StoredEvent e)
    {
        var id = e.Data switch
        {
            ApprovalRequested asked => asked.ApprovalId,
            ApprovalDecided decided => decided.ApprovalId,
            ApprovalConsumed consumed => consumed.ApprovalId,
            ApprovalLapsed lapsed => lapsed.ApprovalId,
            _ => "",
        };
        return Approval.Evolve(state.Open.GetValueOrDefault(id), e.Data, e.Timestamp) is { } next ? state.With(next) : state;
    }

    public override byte[] Serialize(ApprovalsState state)
        => JsonSerializer.SerializeToUtf8Bytes(new Stored([.. state.Open.Values.OrderBy(approval => approval.Id, StringComparer.Ordinal)], [.. state.Recent]));

    public override ApprovalsState Deserialize(ReadOnlySpan<byte> bytes)
    {
        var stored = JsonSerializer.Deserialize<Stored>(bytes)!;
        return new ApprovalsState(
            ApprovalsState.None.Open.AddRange(stored.Open.Select(approval => KeyValuePair.Create(approval.Id, approval))),
            ApprovalsState.None.ByKey.AddRange(stored.Open.Select(approval => KeyValuePair.Create(approval.Asked.RequestKey, approval.Id))),
            [.. stored.Recent]);
    }

    /// <summary>The canonical form.</summary>
    internal sealed record Stored(Approval[] Open, Approval[] Recent);
}
