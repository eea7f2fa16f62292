using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Somebody who is told about changes outside any request.</summary>
internal interface IListener
{
    /// <summary>The list of a kind (<c>tools</c>, <c>resources</c>, <c>prompts</c>) changed.</summary>
    void ListChanged(string kind);

    /// <summary>The content of a resource changed.</summary>
    void ResourceUpdated(string uri, JsonObject? more);
}

/// <summary>Everybody who is told about changes: sessions and the listen streams of 2026-07-28.</summary>
internal sealed class Audience
{
    private readonly Lock gate = new();
    private readonly List<IListener> listeners = [];

    public IReadOnlyList<IListener> All
    {
        get
        {
            lock (gate)
            {
                return [.. listeners];
            }
        }
    }

    public void Add(IListener listener)
    {
        lock (gate)
        {
            listeners.Add(listener);
        }
    }

    public void Remove(IListener listener)
    {
        lock (gate)
        {
            listeners.Remove(listener);
        }
    }

    public void ListChanged(string kind)
    {
        foreach (var listener in All)
        {
            listener.ListChanged(kind);
        }
    }

    public void ResourceUpdated(string uri, JsonObject? more = null)
    {
        foreach (var listener in All)
        {
            listener.ResourceUpdated(uri, more);
        }
    }
}
