using System.Collections.Frozen;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>The read models of this host, and the one way in which events are folded into their states.</summary>
internal sealed class ModelSet
{
    private const int Chunk = 1_024;
    private const int Ahead = 4;
    private readonly NpgsqlDataSource dataSource;
    private readonly EventTypes types;
    private readonly FrozenDictionary<Type, int[]> handlers;

    public ModelSet(NpgsqlDataSource dataSource, EventTypes types, IEnumerable<IReadModel> models)
    {
        (this.dataSource, this.types) = (dataSource, types);
        Models = [.. models];
        if (Models.DistinctBy(m => m.Name).Count() < Models.Count || Models.DistinctBy(m => m.StateType).Count() < Models.Count)
        {
            throw new InvalidOperationException("Two read models share a name or a state type.");
        }

        foreach (var type in Models.SelectMany(m => m.Handles))
        {
            types.AliasFor(type);
        }

        handlers = Models.SelectMany((m, i) => m.Handles.Select(type => (type, i))).GroupBy(h => h.type, h => h.i).ToFrozenDictionary(g => g.Key, g => g.ToArray());
        Watched = handlers.Keys.ToFrozenSet();
    }

    public IReadOnlyList<IReadModel> Models { get; }

    /// <summary>Payload types that some model handles.</summary>
    public FrozenSet<Type> Watched { get; }

    public FoldingStates Empty() => new([.. Models.Select(m => m.Empty)], new long[Models.Count]);

    /// <summary>Folds one event into every model that handles it and has not seen it. All of them or, when one throws, none.</summary>
    public void Apply(FoldingStates states, StoredEvent e)
    {
        if (handlers.TryGetValue(e.Data.GetType(), out var indexes))
        {
            Span<object?> next = new object?[indexes.Length];
            for (var i = 0; i < indexes.Length; i++)
            {
                var index = indexes[i];
                next[i] = e.Position > states.Positions[index] ? Models[index].Evolve(states.States[index], e) : states.States[index];
            }

            for (var i = 0; i < indexes.Length; i++)
            {
                states.States[indexes[i]] = next[i]!;
            }
        }
    }

    /// <summary>
    /// Folds the log up to a position, each model from where it is. Decoding runs beside reading; folding is in order. When it fails
    /// every model stands before the event that failed.
    /// </summary>
    public async Task Fold(FoldingStates states, long upTo, Action<long>? progress, CancellationToken cancellationToken)
    {
        // Models that start later join at their position: nothing is read twice, nothing for models that need nothing.
        while (states.Positions.Length > 0 && states.Positions.Min() is var from && from < upTo)
        {
            var behind = Enumerable.Range(0, Models.Count).Where(i => states.Positions[i] == from).ToArray();
            var to = states.Positions.Where(p => p > from).Append(upTo).Min();
            var aliases = types.AliasesReadAs(behind.SelectMany(i => Models[i].Handles));
            var last = from;
            try
            {
                await foreach (var e in Read(aliases, from, to, cancellationToken))
                {
                    Apply(states, e);
                    last = e.Position;
                    progress?.Invoke(last);
                }

                last = to;
            }
            finally
            {
                foreach (var i in behind)
                {
                    states.Positions[i] = last;
                }
            }
        }
    }

    public StoredEvent? Decode(RawEvent raw) => EventRow.Decode(raw, types);

    private async IAsyncEnumerable<StoredEvent> Read(
        string[] aliases, long from, long to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (aliases.Length == 0)
        {
            yield break;
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"select {EventRow.Columns} from events.mt_events e where e.seq_id > $1 and e.seq_id <= $2 and e.type = any($3) order by e.seq_id", connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = from }, new() { Value = to }, new() { Value = aliases } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var decoding = new Queue<Task<StoredEvent[]>>();
        var more = true;
        while (more || decoding.Count > 0)
        {
            while (more && decoding.Count < Ahead)
            {
                var chunk = new List<RawEvent>(Chunk);
                while (chunk.Count < Chunk && (more = await reader.ReadAsync(cancellationToken)))
                {
                    chunk.Add(EventRow.Raw(reader, null));
                }

                decoding.Enqueue(chunk.Count < Chunk ? Task.FromResult(DecodeAll(chunk)) : Task.Run(() => DecodeAll(chunk), cancellationToken));
            }

            foreach (var e in await decoding.Dequeue())
            {
                yield return e;
            }
        }
    }

    private StoredEvent[] DecodeAll(List<RawEvent> chunk)
    {
        var decoded = new StoredEvent[chunk.Count];
        for (var i = 0; i < decoded.Length; i++)
        {
            decoded[i] = Decode(chunk[i])!;
        }

        return decoded;
    }
}

/// <summary>States being folded, and the position that each reflects. Mutable, owned by one thread at a time.</summary>
internal sealed record FoldingStates(object[] States, long[] Positions)
{
    public void MoveTo(long position) => Array.Fill(Positions, position);
}
