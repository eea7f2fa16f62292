namespace Toolgate.Fixture;

/// <summary>Everything the server offers. Tests may change it at any time; clients that listen are told.</summary>
public sealed class FixtureCatalog
{
    internal FixtureCatalog(Audience audience)
    {
        Tools = new EntryList(AllTools(), () => audience.ListChanged("tools"));
        Resources = new EntryList(FixtureResources.All, () => audience.ListChanged("resources"));
        Templates = new EntryList(FixtureResources.Templates, () => audience.ListChanged("resources"));
        Prompts = new EntryList(FixturePrompts.All, () => audience.ListChanged("prompts"));
    }

    /// <summary>Tools by name.</summary>
    public EntryList Tools { get; }

    /// <summary>Resources by URI.</summary>
    public EntryList Resources { get; }

    /// <summary>Resource templates by URI template; <c>{id}</c> is the only variable.</summary>
    public EntryList Templates { get; }

    /// <summary>Prompts by name.</summary>
    public EntryList Prompts { get; }

    private static IEnumerable<Entry> AllTools() =>
    [
        .. ContentTools.All,
        .. NotifyingTools.All,
        .. AskingTools.All,
        .. InputRequiredTools.All,
        .. SchemaTools.All,
        .. DiagnosticTools.All,
        .. OddTools.All,
        .. LifetimeTools.All,
    ];
}
