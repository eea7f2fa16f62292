using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>A parameter of an operation as the document declares it.</summary>
internal sealed record DeclaredParameter(HttpParameter Wire, JsonElement Schema, string SchemaPointer, string? Description, bool Required, bool Deprecated);

/// <summary>Reads the parameters of an operation and gives each its argument (OpenAPI 3.1 section 4.8.12).</summary>
internal sealed class ParameterReading(SourceDocument document, SecurityReading security, List<Diagnostic> diagnostics)
{
    private static readonly JsonElement AnyString = JsonDocument.Parse("""{"type":"string"}""").RootElement.Clone();
    private static readonly JsonElement Anything = JsonDocument.Parse("{}").RootElement.Clone();

    /// <summary>The parameters, those of the path item first; the operation's own replace them.</summary>
    public List<DeclaredParameter> Read(JsonElement item, string itemPointer, JsonElement operation, string pointer, PathTemplate template, ISet<string> reserved)
    {
        var found = new List<((ParameterPlace, string) Key, DeclaredParameter Parameter)>();
        foreach (var parameter in ReadList(item, itemPointer).Concat(ReadList(operation, pointer)))
        {
            var wire = parameter.Wire;
            if (wire.Place == ParameterPlace.Path && !template.Names.Contains(wire.Name))
            {
                diagnostics.Add(new Diagnostic(pointer, "unused_path_parameter", $"The path has no {{{Shorten(wire.Name)}}}; the parameter is ignored."));
                continue;
            }

            var key = (wire.Place, wire.Place == ParameterPlace.Header ? wire.Name.ToLowerInvariant() : wire.Name);
            var index = found.FindIndex(entry => entry.Key == key);
            if (index < 0)
            {
                found.Add((key, parameter));
            }
            else
            {
                found[index] = (key, parameter);
            }
        }

        foreach (var name in template.Names.Where(name => !found.Exists(entry => entry.Key == (ParameterPlace.Path, name))))
        {
            diagnostics.Add(new Diagnostic(pointer, "undeclared_path_parameter", $"{{{Shorten(name)}}} is not declared; it is taken as a string."));
            var wire = new HttpParameter(name, name, ParameterPlace.Path, ParameterStyle.Simple, Explode: false);
            found.Add(((ParameterPlace.Path, name), new DeclaredParameter(wire, AnyString, pointer, null, Required: true, Deprecated: false)));
        }

        return NameArguments([.. found.Select(entry => entry.Parameter)], reserved);
    }

    /// <summary>Names that meet, with each other or with an argument of ours, are prefixed by their location.</summary>
    private static List<DeclaredParameter> NameArguments(List<DeclaredParameter> parameters, ISet<string> reserved)
    {
        var taken = new HashSet<string>(reserved, StringComparer.Ordinal);
        var meeting = parameters.GroupBy(parameter => parameter.Wire.Name, StringComparer.Ordinal)
            .Where(set => set.Skip(1).Any() || reserved.Contains(set.Key)).Select(set => set.Key).ToHashSet(StringComparer.Ordinal);
        taken.UnionWith(parameters.Select(parameter => parameter.Wire.Name).Where(name => !meeting.Contains(name)));
        var arguments = new Dictionary<DeclaredParameter, string>(ReferenceEqualityComparer.Instance);
        foreach (var parameter in parameters.Where(parameter => meeting.Contains(parameter.Wire.Name))
            .OrderBy(parameter => parameter.Wire.Place).ThenBy(parameter => parameter.Wire.Name, StringComparer.Ordinal))
        {
            var prefixed = $"{PlaceWord(parameter.Wire.Place)}_{parameter.Wire.Name}";
            var argument = prefixed;
            for (var i = 2; !taken.Add(argument); i++)
            {
                argument = $"{prefixed}_{i}";
            }

            arguments[parameter] = argument;
        }

        return [.. parameters.Select(parameter => arguments.TryGetValue(parameter, out var argument)
            ? parameter with { Wire = parameter.Wire with { Argument = argument } }
            : parameter)];
    }

    private IEnumerable<DeclaredParameter> ReadList(JsonElement level, string pointer)
    {
        var index = 0;
        foreach (var raw in level.Elements("parameters"))
        {
            var (element, at) = document.Follow(raw, SourceDocument.Child(pointer + "/parameters", index++));
            if (Read(element, at) is { } parameter)
            {
                yield return parameter;
            }
        }
    }

    private DeclaredParameter? Read(JsonElement element, string pointer)
    {
        if (element.Text("name") is not { Length: > 0 } name || Place(element.Text("in")) is not { } place)
        {
            throw new OperationRefusedException(pointer, "invalid_parameter", "A parameter needs a name and a place: path, query, header or cookie.");
        }

        var word = PlaceWord(place);
        var required = place == ParameterPlace.Path || element.Flag("required") == true;
        if (place != ParameterPlace.Path && security.IsCredential(word, name))
        {
            return null;
        }

        if (place == ParameterPlace.Header && (HeaderNames.IsReserved(name) || !HeaderNames.IsToken(name)))
        {
            // Accept, Content-Type and Authorization are to be ignored by the specification itself: no need to tell anybody.
            if (!(name.Equals("Accept", StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)
                || name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)))
            {
                diagnostics.Add(new Diagnostic(pointer, "reserved_header", "No argument may set this header; the parameter is ignored."));
            }

            return null;
        }

        if (place == ParameterPlace.Cookie && !HeaderNames.IsToken(name))
        {
            throw new OperationRefusedException(pointer, "invalid_parameter", "The name of a cookie must be a token.");
        }

        var (schema, schemaPointer, asJson) = SchemaOf(element, pointer, place == ParameterPlace.Path);
        var style = StyleOf(element, pointer, place);
        var wire = new HttpParameter(
            name, name, place, style, element.Flag("explode") ?? style == ParameterStyle.Form,
            AllowReserved: place == ParameterPlace.Query && element.Flag("allowReserved") == true, AsJson: asJson);
        return new DeclaredParameter(wire, schema, schemaPointer, element.Text("description").OrNull(), required, element.Flag("deprecated") == true);
    }

    private static (JsonElement Schema, string Pointer, bool AsJson) SchemaOf(JsonElement element, string pointer, bool isPath)
    {
        if (element.Member("schema") is { } schema)
        {
            return (schema, pointer + "/schema", false);
        }

        foreach (var media in element.Members("content"))
        {
            var at = SourceDocument.Child(pointer + "/content", media.Name);
            return media.Value.Member("schema") is { } inner
                ? (inner, at + "/schema", MediaTypes.IsJson(media.Name))
                : (Anything, at, MediaTypes.IsJson(media.Name));
        }

        return (isPath ? AnyString : Anything, pointer, false);
    }

    private ParameterStyle StyleOf(JsonElement element, string pointer, ParameterPlace place)
    {
        var standard = place is ParameterPlace.Query or ParameterPlace.Cookie ? ParameterStyle.Form : ParameterStyle.Simple;
        if (element.Member("style") is null)
        {
            return standard;
        }

        ParameterStyle? style = (place, element.Text("style")) switch
        {
            (ParameterPlace.Path or ParameterPlace.Header, "simple") => ParameterStyle.Simple,
            (ParameterPlace.Path, "label") => ParameterStyle.Label,
            (ParameterPlace.Path, "matrix") => ParameterStyle.Matrix,
            (ParameterPlace.Query or ParameterPlace.Cookie, "form") => ParameterStyle.Form,
            (ParameterPlace.Query, "spaceDelimited") => ParameterStyle.SpaceDelimited,
            (ParameterPlace.Query, "pipeDelimited") => ParameterStyle.PipeDelimited,
            (ParameterPlace.Query, "deepObject") => ParameterStyle.DeepObject,
            (not ParameterPlace.Cookie, { } format) => ParameterStyles.OfCollectionFormat(format),
            _ => null,
        };
        if (style is null)
        {
            diagnostics.Add(new Diagnostic(SourceDocument.Child(pointer, "style"), "unsupported_style", "This style does not exist in this place; the default is used."));
        }

        return style ?? standard;
    }

    private static ParameterPlace? Place(string? word) => word switch
    {
        "path" => ParameterPlace.Path,
        "query" => ParameterPlace.Query,
        "header" => ParameterPlace.Header,
        "cookie" => ParameterPlace.Cookie,
        _ => null,
    };

    private static string PlaceWord(ParameterPlace place) => place switch
    {
        ParameterPlace.Path => "path",
        ParameterPlace.Query => "query",
        ParameterPlace.Header => "header",
        _ => "cookie",
    };

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "…";
}
