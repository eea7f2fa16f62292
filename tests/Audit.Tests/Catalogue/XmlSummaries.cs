using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Toolgate.Audit.Tests;

/// <summary>The XML documentation of the assemblies, as Markdown.</summary>
internal sealed partial class XmlSummaries
{
    private readonly Dictionary<string, Dictionary<string, XElement>> assemblies = new(StringComparer.Ordinal);

    /// <summary>The summary of a type.</summary>
    public string Of(Type type) => Text(Member(type, "T:" + type.FullName)?.Element("summary"));

    /// <summary>What a positional record says of one of its members, else the summary of the property.</summary>
    public string Of(Type type, string property)
    {
        var parameter = Member(type, "T:" + type.FullName)?.Elements("param").FirstOrDefault(element => (string?)element.Attribute("name") == property);
        return Text(parameter ?? Member(type, $"P:{type.FullName}.{property}")?.Element("summary"));
    }

    private XElement? Member(Type type, string id)
    {
        var file = Path.ChangeExtension(type.Assembly.Location, ".xml");
        if (!assemblies.TryGetValue(file, out var members))
        {
            members = XDocument.Load(file).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal);
            assemblies.Add(file, members);
        }

        return members.GetValueOrDefault(id);
    }

    private static string Text(XElement? element) => element is null ? "" : Space().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" or "paramref" } reference => $"`{Reference(reference)}`",
        XElement { Name.LocalName: "para" } paragraph => " " + Text(paragraph),
        XElement other => Text(other),
        _ => "",
    };

    private static string Reference(XElement element)
        => (element.Attribute("cref") ?? element.Attribute("name") ?? element.Attribute("langword"))?.Value.Split(':', '.')[^1] ?? element.Value;

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
