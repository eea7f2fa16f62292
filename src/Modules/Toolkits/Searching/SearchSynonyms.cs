using System.Collections.Frozen;

namespace Toolgate.Toolkits;

/// <summary>
/// What people say and what APIs are called. Classes of verbs that every API has (the words beside create, read, update and delete, and the HTTP methods
/// that carry them), and first person, which APIs call the authenticated user. Nothing here belongs to one product: words of a domain find their tools by
/// the descriptions. Used on queries only, at less than the weight of the word that was written.
/// </summary>
internal static class SearchSynonyms
{
    private static readonly string[][] Classes =
    [
        ["create", "add", "make", "new", "open", "post", "register"],
        ["delete", "remove", "erase", "destroy", "drop", "clear", "take"],
        ["update", "edit", "change", "modify", "rename", "set", "patch", "put", "replace", "close", "archive"],
        ["get", "show", "read", "view", "see", "fetch", "retrieve", "details"],
        ["list", "show", "see", "all", "browse"],
        ["search", "find", "query", "lookup"],
        ["run", "start", "trigger", "launch", "execute", "dispatch"],
        ["stop", "cancel", "abort", "end", "delete"],
        ["rerun", "retry", "repeat", "again"],
        ["enable", "activate", "turn"],
        ["disable", "deactivate", "turn"],
        ["invite", "add", "invitation"],
        ["download", "export", "archive"],
        ["upload", "import"],
        ["user", "person", "people", "someone", "somebody", "account", "member"],
        ["mine", "my", "me", "i", "myself", "own", "authenticated"],
        ["send", "post", "publish"],
        ["publish", "create", "release"],
        ["allow", "approve", "accept"],
        ["reject", "decline", "deny"],
        ["latest", "newest", "recent", "last"],
        ["picture", "image", "photo"],
        ["mail", "email"],
        ["bug", "issue", "ticket", "defect"],
        ["grant", "give", "add", "allow"],
        ["belong", "member", "membership"],
    ];

    private static readonly FrozenDictionary<string, string[]> ByStem = Classes
        .SelectMany(words => words.Select(word => (Stem: EnglishStem.Of(word), Others: words)))
        .GroupBy(pair => pair.Stem, StringComparer.Ordinal)
        .ToFrozenDictionary(
            group => group.Key,
            group => group.SelectMany(pair => pair.Others).Select(EnglishStem.Of).Where(other => other != group.Key).Distinct(StringComparer.Ordinal).ToArray(),
            StringComparer.Ordinal);

    /// <summary>Stems that may be meant by a stem, itself not among them.</summary>
    public static ReadOnlySpan<string> Of(string stem) => ByStem.TryGetValue(stem, out var others) ? others : [];
}
