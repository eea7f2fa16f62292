using System.Collections.Frozen;
using System.Collections.Immutable;
using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>Finds the server of a resource URI. Prepared with the view: a look-up, and a walk over templates for what nobody lists.</summary>
internal sealed class ResourceRoutes
{
    /// <summary>Begins the URIs that name their server. A server's own URIs that begin so are always wrapped, so that none can speak for another server.</summary>
    public const string Scheme = "toolgate://";

    private readonly FrozenDictionary<string, ViewServer> servers;
    private readonly FrozenSet<string> contested;
    private readonly ImmutableArray<(UriTemplate Template, ViewServer Server)> templates;

    /// <summary>Prepares the routes of a view from what it lists.</summary>
    public ResourceRoutes(OfferView view)
    {
        servers = view.Readable.DistinctBy(server => server.Upstream.Address).ToFrozenDictionary(server => server.Upstream.Address, StringComparer.Ordinal);

        // What is listed in the form that names its server, under a URI that could stand alone, is claimed by somebody else, too.
        contested = view.Resources.Values.Where(item => item.Key != item.UpstreamKey && !IsOurs(item.UpstreamKey)).Select(item => item.UpstreamKey)
            .ToFrozenSet(StringComparer.Ordinal);

        // The most specific first: of those that fit, only the first and its equals count.
        templates = [.. view.Templates.Where(item => !IsOurs(item.UpstreamKey)).Select(item => (Template: UriTemplate.Parse(item.UpstreamKey)!, item.Server))
            .Where(pair => pair.Template is not null).OrderByDescending(pair => pair.Template.LiteralLength)];
    }

    /// <summary>Whether a URI begins like those that name their server.</summary>
    public static bool IsOurs(string uri) => uri.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>The form of a URI, or of a template, that names its server. What follows is verbatim: templates stay templates, and nothing is lost.</summary>
    public static string Wrap(Upstream upstream, string uri) => $"{Scheme}{upstream.Address}/{uri}";

    /// <summary>Where a URI leads; null for nowhere.</summary>
    public ViewItem? Find(OfferView view, string uri)
    {
        if (IsOurs(uri))
        {
            return uri.IndexOf('/', Scheme.Length) is > 0 and var slash && slash < uri.Length - 1 && servers.TryGetValue(uri[Scheme.Length..slash], out var named)
                ? new ViewItem(named, uri, uri[(slash + 1)..])
                : null;
        }

        if (view.Resources.TryGetValue(uri, out var listed))
        {
            return listed;
        }

        if (contested.Contains(uri))
        {
            return null;
        }

        if (Fitting(uri) is { } fitting)
        {
            return fitting.Count == 1 ? new ViewItem(fitting[0], uri, uri) : null;
        }

        return view.Readable is [var only] ? new ViewItem(only, uri, uri) : null;
    }

    /// <summary>The servers with the most specific template that fits; null when none does.</summary>
    private List<ViewServer>? Fitting(string uri)
    {
        List<ViewServer>? found = null;
        var length = 0;
        foreach (var (template, server) in templates)
        {
            if (found is not null && template.LiteralLength < length)
            {
                break;
            }

            if (template.Fits(uri))
            {
                found ??= [];
                length = template.LiteralLength;
                if (!found.Contains(server))
                {
                    found.Add(server);
                }
            }
        }

        return found;
    }
}
