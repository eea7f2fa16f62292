using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// Turns security schemes and requirements into auth templates (OpenAPI 3.1 sections 4.8.27 to 4.8.30). Slugs depend on the names of the
/// schemes, not on the order of the document: connections hold on to them.
/// </summary>
internal sealed class SecurityReading
{
    private readonly SourceDocument document;
    private readonly List<Diagnostic> diagnostics;
    private readonly SortedDictionary<string, (JsonElement Scheme, string Pointer)> schemes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string[]> requirements = new(StringComparer.Ordinal);

    /// <summary>Reads the schemes of a document.</summary>
    public SecurityReading(SourceDocument document, List<Diagnostic> diagnostics)
    {
        this.document = document;
        this.diagnostics = diagnostics;
        foreach (var scheme in (document.Root.Member("components") ?? default).Members("securitySchemes"))
        {
            var pointer = SourceDocument.Child("/components/securitySchemes", scheme.Name);
            try
            {
                schemes[scheme.Name] = document.Follow(scheme.Value, pointer);
            }
            catch (OperationRefusedException refused)
            {
                diagnostics.Add(refused.Diagnostic);
            }
        }
    }

    /// <summary>Whether a parameter is the place of a credential, which is never an argument.</summary>
    public bool IsCredential(string place, string name) => schemes.Values.Any(entry =>
        entry.Scheme.Text("type") == "apiKey" && entry.Scheme.Text("in") == place
        && string.Equals(entry.Scheme.Text("name"), name, place == "query" ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase));

    /// <summary>Query names that belong to credentials.</summary>
    public ImmutableArray<string> QueryNames() => [.. schemes.Values
        .Where(entry => entry.Scheme.Text("type") == "apiKey" && entry.Scheme.Text("in") == "query")
        .Select(entry => entry.Scheme.Text("name")).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Takes note of the requirements of the document or an operation.</summary>
    public void Note(JsonElement level)
    {
        foreach (var requirement in level.Elements("security"))
        {
            if (requirement.ValueKind == JsonValueKind.Object && requirement.EnumerateObject().Any())
            {
                var names = requirement.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal).ToArray();
                requirements[string.Join('\n', names)] = names;
            }
        }
    }

    /// <summary>The templates: <c>none</c>, then one a distinct requirement; without any requirement, one a scheme.</summary>
    public ImmutableArray<AuthTemplate> Templates()
    {
        var templates = ImmutableArray.CreateBuilder<AuthTemplate>();
        templates.Add(AuthTemplate.None);
        var sets = requirements.Count > 0 ? requirements.Values.ToList() : schemes.Keys.Select(name => new[] { name }).ToList();
        foreach (var names in sets)
        {
            if (Template(names, templates) is { } template)
            {
                templates.Add(template);
            }
        }

        return templates.ToImmutable();
    }

    private AuthTemplate? Template(string[] names, ImmutableArray<AuthTemplate>.Builder before)
    {
        var missing = names.FirstOrDefault(name => !schemes.ContainsKey(name));
        if (missing is not null)
        {
            diagnostics.Add(new Diagnostic("/components/securitySchemes", "unknown_security_scheme", $"A security requirement names {Quote(missing)}, which is not declared."));
            return null;
        }

        var placements = ImmutableArray.CreateBuilder<Placement>();
        foreach (var name in names)
        {
            if (PlacementOf(name, names.Length == 1 ? "token" : VariableName(name)) is { } placement)
            {
                placements.Add(placement);
            }
        }

        var label = Plain(string.Join(" + ", names));
        if (placements.Count == names.Length)
        {
            var slug = $"apikey-{before.Count(template => template.Kind == AuthKind.ApiKey)}";
            return new AuthTemplate(slug, AuthKind.ApiKey, label, placements.ToImmutable());
        }

        var (scheme, pointer) = schemes[names[0]];
        if (names.Length == 1 && scheme.Text("type") == "http" && string.Equals(scheme.Text("scheme"), "basic", StringComparison.OrdinalIgnoreCase))
        {
            return new AuthTemplate(Unique("basic", before), AuthKind.Basic, label, []);
        }

        if (names.Length == 1 && scheme.Text("type") == "oauth2")
        {
            var slug = string.Join('-', Words.Split(names[0]).Select(word => word.ToLowerInvariant()));
            return new AuthTemplate(Unique(slug.Length == 0 ? "oauth" : $"oauth-{slug}", before), AuthKind.OAuth2, label, []) { Flows = Flows(scheme) };
        }

        diagnostics.Add(new Diagnostic(
            pointer, "unsupported_security_scheme", $"{Quote(label)} is no API key, bearer token, basic or OAuth 2.0 scheme, or combines kinds that do not combine."));
        return null;
    }

    private Placement? PlacementOf(string name, string variable)
    {
        var scheme = schemes[name].Scheme;
        if (scheme.Text("type") == "http" && string.Equals(scheme.Text("scheme"), "bearer", StringComparison.OrdinalIgnoreCase))
        {
            return new Placement(Carrier.Header, "Authorization", "Bearer ", variable);
        }

        return scheme.Text("type") != "apiKey" || scheme.Text("name").OrNull() is not { } place ? null : scheme.Text("in") switch
        {
            "header" when HeaderNames.IsToken(place) => new Placement(Carrier.Header, place, null, variable),
            "query" when !AuthTemplateRules.HasControl(place) => new Placement(Carrier.Query, place, null, variable),
            "cookie" when HeaderNames.IsToken(place) => new Placement(Carrier.Header, "Cookie", $"{place}=", variable),
            _ => null,
        };
    }

    private static ImmutableArray<AuthFlow> Flows(JsonElement scheme) => [.. scheme.Members("flows")
        .Where(flow => flow.Name is "authorizationCode" or "clientCredentials" or "implicit" or "password")
        .OrderBy(flow => flow.Name, StringComparer.Ordinal)
        .Select(flow => new AuthFlow(
            flow.Name, Plain(flow.Value.Text("authorizationUrl")), Plain(flow.Value.Text("tokenUrl")), Plain(flow.Value.Text("refreshUrl")),
            [.. flow.Value.Members("scopes").Select(scope => Plain(scope.Name)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]))];

    /// <summary>Templates stand in events, where a document's control characters have no place.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    private static string? Plain(string? text) => text is not null && AuthTemplateRules.HasControl(text) ? string.Concat(text.Where(c => !char.IsControl(c))) : text;

    private static string VariableName(string scheme) => Words.Camel(Words.Split(scheme)) is { Length: > 0 } name ? name : "token";

    private static string Unique(string slug, ImmutableArray<AuthTemplate>.Builder before)
    {
        var unique = slug;
        for (var i = 2; before.Any(template => template.Slug == unique); i++)
        {
            unique = $"{slug}-{i}";
        }

        return unique;
    }

    private static string Quote(string text) => $"\"{(text.Length <= 100 ? text : text[..100] + "…")}\"";
}

/// <summary>Which header names an operation may use.</summary>
internal static class HeaderNames
{
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Cookie2", "Expect",
        "Forwarded", "Host", "HTTP2-Settings", "Keep-Alive", "Origin", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Set-Cookie", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-HTTP-Method",
        "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL",
    };

    /// <summary>Whether a name is a token (RFC 9110 section 5.6.2).</summary>
    public static bool IsToken(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));

    /// <summary>Whether the header steers the connection, the method or the credentials, so that no argument may set it.</summary>
    public static bool IsReserved(string name) => Reserved.Contains(name);
}
