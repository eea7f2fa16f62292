using System.Collections.Immutable;
using System.Text.Json;

namespace Toolgate.EventStore.Tests;

/// <summary>An event that a model handles.</summary>
public sealed record DepositMade(long Amount);

/// <summary>Another one.</summary>
public sealed record WithdrawalMade(long Amount, string? Reason = null);

/// <summary>An event that no model handles, as call records are.</summary>
public sealed record TickRecorded(int Number, string Note);

/// <summary>The state of one account's stream.</summary>
public sealed record Account(long Balance, int Events)
{
    public static readonly Fold<Account> Fold = new(new(0, 0), Evolve);

    public static Account Evolve(Account state, object e) => e switch
    {
        DepositMade deposit => new(state.Balance + deposit.Amount, state.Events + 1),
        WithdrawalMade withdrawal => new(state.Balance - withdrawal.Amount, state.Events + 1),
        _ => state,
    };
}

/// <summary>Balances of all accounts.</summary>
public sealed record Balances(ImmutableSortedDictionary<string, long> ByAccount);

/// <summary>A read model over every account.</summary>
public class BalancesModel : ReadModel<Balances>
{
    public override string Name => "balances";

    public override int SchemaVersion => 1;

    public override IReadOnlyCollection<Type> Handles => [typeof(DepositMade), typeof(WithdrawalMade)];

    public override Balances Empty { get; } = new(ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal));

    public override Balances Evolve(Balances state, StoredEvent e) => e.Data switch
    {
        DepositMade deposit => Add(state, e.StreamId, deposit.Amount),
        WithdrawalMade withdrawal => Add(state, e.StreamId, -withdrawal.Amount),
        _ => state,
    };

    public override byte[] Serialize(Balances state) => JsonSerializer.SerializeToUtf8Bytes(state.ByAccount);

    public override Balances Deserialize(ReadOnlySpan<byte> bytes)
        => new(JsonSerializer.Deserialize<Dictionary<string, long>>(bytes)!.ToImmutableSortedDictionary(StringComparer.Ordinal));

    private static Balances Add(Balances state, string account, long amount)
        => new(state.ByAccount.SetItem(account, state.ByAccount.GetValueOrDefault(account) + amount));
}

/// <summary>How many deposits there were.</summary>
public sealed record DepositCount(long Count);

/// <summary>A second model, so that there is something to keep in step.</summary>
public sealed class DepositCountModel : ReadModel<DepositCount>
{
    public override string Name => "deposit-count";

    public override int SchemaVersion => 1;

    public override IReadOnlyCollection<Type> Handles => [typeof(DepositMade)];

    public override DepositCount Empty { get; } = new(0);

    public override DepositCount Evolve(DepositCount state, StoredEvent e) => new(state.Count + 1);

    public override byte[] Serialize(DepositCount state) => JsonSerializer.SerializeToUtf8Bytes(state);

    public override DepositCount Deserialize(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize<DepositCount>(bytes)!;
}
