using System.Collections.Concurrent;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>
/// Limits and fairness of this node. On the path of a call one dictionary lookup for each kind that is limited at all, one lock for each subject; no database,
/// no waiting but for one's turn.
/// </summary>
internal sealed class Limiter
{
    private readonly ConcurrentDictionary<string, LimitedSubject> principals = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LimitedSubject> toolkits = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Integration, Owner Owner, string Name), LimitedSubject> connections = new();
    private readonly ConcurrentDictionary<(LimitKind Kind, string Id), long> spentBefore = new();
    private readonly LimitsOptions options;
    private readonly IReadModels models;
    private readonly TimeProvider time;
    private readonly long began;
    private volatile LimitTable table;

    public Limiter(LimitsOptions options, IReadModels models, TimeProvider time)
    {
        this.options = options;
        this.models = models;
        this.time = time;
        began = time.GetTimestamp();
        Calls = new FairGate(options.Running, options.Waiting);
        Lists = new FairGate(options.Lists, options.Waiting);
        table = new LimitTable(options, models.Current.Get<LimitsState>());
    }

    /// <summary>Places of calls.</summary>
    public FairGate Calls { get; }

    /// <summary>Places of lists of tools.</summary>
    public FairGate Lists { get; }

    /// <summary>Everything that is counted now.</summary>
    public IEnumerable<LimitedSubject> Subjects => principals.Values.Concat(toolkits.Values).Concat(connections.Values);

    /// <summary>The time now.</summary>
    public LimitMoment Now
    {
        get
        {
            var utc = time.GetUtcNow().UtcDateTime;
            return new LimitMoment(time.GetElapsedTime(began), DateOnly.FromDateTime(utc).DayNumber, (int)Math.Ceiling((utc.Date.AddDays(1) - utc).TotalSeconds));
        }
    }

    /// <summary>Id of a connection in limits: <c>integration.org.name</c>, or <c>integration.user-usr_….name</c> for a personal one.</summary>
    public static string IdOf(string integration, Owner owner, string name) => $"{integration}.{owner}.{name}";

    /// <summary>What the configuration says of a kind.</summary>
    public LimitValues DefaultsOf(LimitKind kind) => options.Of(kind);

    /// <summary>Counts a request of a principal, whatever it asks for; why it is refused, or null.</summary>
    public LimitRefusal? Count(string principalId)
    {
        var current = Current;
        if (!current.Watches(LimitKind.Principal))
        {
            return null;
        }

        while (true)
        {
            if (Principal(principalId).Count(current, Now, out var known) is var refusal && known)
            {
                return refusal;
            }
        }
    }

    /// <summary>Admits a call, waiting for its turn where the node is busy. Its rate as a request of the principal was counted before.</summary>
    public ValueTask<Admission> Admit(string principalId, string? toolkitId, Tool tool, CancellationToken cancellationToken)
        => Admit(principalId, toolkitId, tool.IsBuiltin ? null : (tool.Integration, tool.Owner, tool.Connection), cancellationToken);

    /// <summary>Admits a request for a resource or a prompt as a call of its server.</summary>
    public ValueTask<Admission> Admit(string principalId, string? toolkitId, Upstream server, CancellationToken cancellationToken)
        => Admit(principalId, toolkitId, (server.Integration, server.Owner, server.Connection), cancellationToken);

    private ValueTask<Admission> Admit(string principalId, string? toolkitId, (string Integration, Owner Owner, string Name)? through, CancellationToken cancellationToken)
    {
        var (current, now) = (Current, Now);
        LimitedSubject? principal = null, toolkit = null, connection = null;
        if ((current.Watches(LimitKind.Principal) ? Take(principals, principalId, LimitKind.Principal, current, now, out principal) : null) is { } first)
        {
            return new(new Admission(first));
        }

        if ((toolkitId is not null && current.Watches(LimitKind.Toolkit) ? Take(toolkits, toolkitId, LimitKind.Toolkit, current, now, out toolkit) : null) is { } second)
        {
            principal?.GiveBack(withRate: false);
            return new(new Admission(second));
        }

        if ((through is { } key && current.Watches(LimitKind.Connection) ? Take(connections, key, LimitKind.Connection, current, now, out connection) : null) is { } third)
        {
            principal?.GiveBack(withRate: false);
            toolkit?.GiveBack(withRate: true);
            return new(new Admission(third));
        }

        return Calls.TryEnter(principalId, out var place)
            ? new(new Admission(place, principal, toolkit, connection))
            : Later(principalId, principal, toolkit, connection, cancellationToken);
    }

    private async ValueTask<Admission> Later(
        string principalId, LimitedSubject? principal, LimitedSubject? toolkit, LimitedSubject? connection, CancellationToken cancellationToken)
    {
        var isIn = false;
        try
        {
            var place = await Calls.Enter(principalId, cancellationToken);
            isIn = place.IsTaken;
            return isIn ? new Admission(place, principal, toolkit, connection) : new Admission(TooManyWait(principalId));
        }
        finally
        {
            if (!isIn)
            {
                principal?.GiveBack(withRate: false);
                toolkit?.GiveBack(withRate: true);
                connection?.GiveBack(withRate: true);
            }
        }
    }

    /// <summary>The refusal of a principal that has as many waiting as may wait.</summary>
    public LimitRefusal TooManyWait(string principalId) => new(Principal(principalId), LimitReason.Concurrency, 1);

    /// <summary>What was spent today before this node began, or by others; for subjects that are not counted yet.</summary>
    public void Begin(LimitKind kind, string id, long spent) => spentBefore[(kind, id)] = spent;

    /// <summary>Lets go of what is as it would begin anew.</summary>
    public void ForgetIdle()
    {
        var now = Now;
        Forget(principals, now);
        Forget(toolkits, now);
        Forget(connections, now);
    }

    /// <summary>What was spent yesterday counts no more.</summary>
    public void BeginDay() => spentBefore.Clear();

    /// <summary>The limits of the newest snapshot: who was told that a limit is set finds it set.</summary>
    private LimitTable Current
    {
        get
        {
            var (state, known) = (models.Current.Get<LimitsState>(), table);
            return ReferenceEquals(state, known.Own) ? known : table = new LimitTable(options, state);
        }
    }

    private LimitedSubject Principal(string id) => principals.TryGetValue(id, out var subject) ? subject : Add(principals, id, LimitKind.Principal);

    private LimitRefusal? Take<TKey>(
        ConcurrentDictionary<TKey, LimitedSubject> subjects, TKey key, LimitKind kind, LimitTable current, LimitMoment now, out LimitedSubject? taken)
        where TKey : notnull
    {
        while (true)
        {
            taken = subjects.TryGetValue(key, out var subject) ? subject : Add(subjects, key, kind);
            if (taken.Take(current, now, kind != LimitKind.Principal, out var known) is var refusal && known)
            {
                return refusal;
            }
        }
    }

    private LimitedSubject Add<TKey>(ConcurrentDictionary<TKey, LimitedSubject> subjects, TKey key, LimitKind kind)
        where TKey : notnull
    {
        var id = key is ValueTuple<string, Owner, string> connection ? IdOf(connection.Item1, connection.Item2, connection.Item3) : (string)(object)key;
        return subjects.GetOrAdd(key, new LimitedSubject(kind, id, spentBefore.GetValueOrDefault((kind, id)), Now.Day));
    }

    private static void Forget<TKey>(ConcurrentDictionary<TKey, LimitedSubject> subjects, LimitMoment now)
        where TKey : notnull
    {
        foreach (var pair in subjects)
        {
            if (pair.Value.Forget(now))
            {
                subjects.TryRemove(pair);
            }
        }
    }
}

/// <summary>Leave to make one call, given back when disposed; or why there is none.</summary>
internal readonly struct Admission : IDisposable
{
    private readonly FairGate.Place place;
    private readonly LimitedSubject? principal;
    private readonly LimitedSubject? toolkit;
    private readonly LimitedSubject? connection;

    public Admission(LimitRefusal refusal) => Refusal = refusal;

    public Admission(FairGate.Place place, LimitedSubject? principal, LimitedSubject? toolkit, LimitedSubject? connection)
        => (this.place, this.principal, this.toolkit, this.connection) = (place, principal, toolkit, connection);

    /// <summary>Why not; null when admitted.</summary>
    public LimitRefusal? Refusal { get; }

    /// <summary>The call has ended.</summary>
    public void Dispose()
    {
        place.Dispose();
        principal?.Release();
        toolkit?.Release();
        connection?.Release();
    }
}
