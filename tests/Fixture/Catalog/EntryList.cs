using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>The entries of one kind in order. Each change is announced to every client that listens.</summary>
public sealed class EntryList
{
    private readonly Lock gate = new();
    private readonly List<Entry> entries = [];
    private readonly Action changed;

    internal EntryList(IEnumerable<Entry> initial, Action changed)
    {
        entries.AddRange(initial);
        this.changed = changed;
    }

    /// <summary>All entries.</summary>
    public IReadOnlyList<Entry> All
    {
        get
        {
            lock (gate)
            {
                return [.. entries];
            }
        }
    }

    /// <summary>The entry of a key, or null.</summary>
    public Entry? Find(string? key)
    {
        lock (gate)
        {
            return entries.Find(entry => entry.Key == key);
        }
    }

    /// <summary>Adds an entry, or replaces the one with the same key in its place.</summary>
    public void Put(Entry entry)
    {
        lock (gate)
        {
            var at = entries.FindIndex(other => other.Key == entry.Key);
            if (at >= 0)
            {
                entries[at] = entry;
            }
            else
            {
                entries.Add(entry);
            }
        }

        changed();
    }

    /// <summary>Changes the definition of an entry, for example its description.</summary>
    /// <exception cref="InvalidOperationException">There is no such entry.</exception>
    public void Redefine(string key, Action<JsonObject> change)
    {
        var entry = Find(key) ?? throw new InvalidOperationException($"There is no {key}.");
        var definition = entry.Definition.DeepClone().AsObject();
        change(definition);
        Put(entry with { Definition = definition });
    }

    /// <summary>Removes an entry.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string key)
    {
        bool removed;
        lock (gate)
        {
            removed = entries.RemoveAll(entry => entry.Key == key) > 0;
        }

        if (removed)
        {
            changed();
        }

        return removed;
    }

    /// <summary>Adds an entry if it is absent and removes it if it is there: a change that shows every time.</summary>
    internal void Toggle(Entry entry)
    {
        if (!Remove(entry.Key))
        {
            Put(entry);
        }
    }
}
