namespace Toolgate.Connections;

/// <summary>What names and descriptions may be.</summary>
internal static class DescribingRules
{
    /// <summary>Longest description, in characters.</summary>
    public const int MaxDescription = 4_000;

    /// <summary>Said of a bad name.</summary>
    public const string NameMessage = "A name has 1 to 200 characters and no control characters.";

    /// <summary>Said of a bad base URL.</summary>
    public const string BaseUrlMessage = "The base URL must be absolute, http or https, without user name, query and fragment.";

    /// <summary>Said of a bad list of templates.</summary>
    public const string TemplatesMessage = "At most 20 templates, each with a slug of its own.";

    /// <summary>Said of a bad description.</summary>
    public const string DescriptionMessage = "A description has no control characters besides line ends and tabs.";

    private const int MaxName = 200;

    /// <summary>Whether it can be a name; null says nothing and is fine.</summary>
    public static bool IsName(string? name) => name is null || (name.Trim().Length is > 0 and <= MaxName && !AuthTemplateRules.HasControl(name));

    /// <summary>
    /// Whether it can be a description: Markdown has lines and tabs; other controls help nobody to read, and the log cannot store NUL.
    /// Null says nothing and is fine.
    /// </summary>
    public static bool IsDescription(string? description) => description is null || description.All(IsProse);

    /// <summary>Whether the templates can stand beside each other.</summary>
    public static bool AreTemplates(IReadOnlyList<TemplateBody>? templates) => templates is null
        || (templates.Count <= TemplateBodyValidator.MaxTemplates && templates.DistinctBy(template => template.Slug).Count() == templates.Count);

    /// <summary>A document's title as a name.</summary>
    public static string Cut(string title, string fallback)
    {
        var name = string.Concat(title.Where(c => !char.IsControl(c))).Trim();
        return name.Length == 0 ? fallback : name.Length <= MaxName ? name : name[..(MaxName - 1)] + "…";
    }

    /// <summary>A document's description as ours.</summary>
    public static string Cut(string? description)
    {
        var text = string.Concat((description ?? "").Where(IsProse));
        return text.Length <= MaxDescription ? text : text[..(MaxDescription - 1)] + "…";
    }

    private static bool IsProse(char c) => !char.IsControl(c) || c is '\n' or '\r' or '\t';
}
