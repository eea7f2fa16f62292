namespace Toolgate.Connections;

/// <summary>Finds templates whose credentials a new document would send to another origin.</summary>
internal static class MovedEndpoints
{
    /// <summary>Slug of the first such template; null when there is none. A template that is new has no credentials.</summary>
    /// <param name="before">The templates in force.</param>
    /// <param name="after">Those of the new document.</param>
    public static string? Find(IEnumerable<AuthTemplate> before, IEnumerable<AuthTemplate> after)
    {
        var next = after.ToDictionary(template => template.Slug, StringComparer.Ordinal);
        return before.FirstOrDefault(old => next.TryGetValue(old.Slug, out var now) && !Origins(now).IsSubsetOf(Origins(old)))?.Slug;
    }

    private static HashSet<string> Origins(AuthTemplate template)
        => template.Flows.SelectMany(flow => new[] { flow.TokenUrl, flow.RefreshUrl, flow.AuthorizationUrl }).Append(template.Issuer)
            .OfType<string>().Select(url => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Authority) : url).ToHashSet(StringComparer.Ordinal);
}
