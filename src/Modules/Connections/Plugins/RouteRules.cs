using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Rules of <c>routes</c>.</summary>
internal sealed class RouteRules(FaultList faults)
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Every route by name; null for a route that has a fault. A name that is used twice leads to the first.</summary>
    public Dictionary<string, (PluginRoute? Route, JsonElement Raw)> Read(ObjectReading manifest)
    {
        var routes = new Dictionary<string, (PluginRoute?, JsonElement)>(StringComparer.Ordinal);
        foreach (var (element, pointer) in manifest.Elements("routes", PluginLimits.Routes))
        {
            if (ObjectReading.Of(element, pointer, faults) is not { } route)
            {
                continue;
            }

            var before = faults.Count;
            var name = route.Text("name");
            var read = Route(route, name);
            route.Close();
            if (name is null)
            {
                continue;
            }

            if (!ManifestText.IsRouteName(name))
            {
                faults.Add(route.At("name"), PluginFaultCodes.InvalidName, $"A route's name is words of letters, digits, dashes and underscores joined by single slashes, at most {PluginLimits.RouteName} characters.");
            }

            if (!routes.TryAdd(name, (faults.Count == before ? read : null, element)))
            {
                faults.Add(route.At("name"), PluginFaultCodes.Duplicate, "Another route has this name.");
            }
        }

        return routes;
    }

    private PluginRoute? Route(ObjectReading route, string? name)
    {
        var method = route.Text("method");
        var path = route.Text("path");
        route.Flag("public");
        var timeout = Timeout(route);
        var place = route.Text("arguments");
        if (method is not null && !Methods.Contains(method, StringComparer.Ordinal))
        {
            faults.Add(route.At("method"), PluginFaultCodes.InvalidMethod, "The method is GET, POST, PUT, PATCH or DELETE.");
        }

        if (path is not null && Parameters(path) is null)
        {
            faults.Add(route.At("path"), PluginFaultCodes.InvalidPath, "A path is absolute; it holds no empty segment, no . or .., no query, no encoded slash, and each {parameter} once.");
        }

        if (place is not (null or "body" or "query"))
        {
            faults.Add(route.At("arguments"), PluginFaultCodes.InvalidArguments, "Arguments travel in the body or in the query.");
        }
        else if (place == "body" && method == "GET")
        {
            faults.Add(route.At("arguments"), PluginFaultCodes.BodyNotAllowed, "A GET has no body; its arguments travel in the query.");
        }

        return name is null || method is null || path is null || place is null ? null : new PluginRoute(name, method, path, place == "query", timeout);
    }

    private int? Timeout(ObjectReading route)
    {
        if (route.Take("timeoutMs") is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var timeout) && timeout is >= 1 and <= PluginLimits.TimeoutMs)
        {
            return timeout;
        }

        faults.Add(route.At("timeoutMs"), PluginFaultCodes.InvalidTimeout, $"A timeout is an integer from 1 to {PluginLimits.TimeoutMs}, in milliseconds.");
        return null;
    }

    /// <summary>The parameters of a path; null when it cannot be one.</summary>
    public static IReadOnlyList<string>? Parameters(string path)
    {
        if (PathTemplate.Parse(path) is not { } template)
        {
            return null;
        }

        var names = template.Parts.Where(part => part.IsParameter).Select(part => part.Text).ToArray();
        var literal = string.Concat(template.Parts.Select(part => part.IsParameter ? "x" : part.Text));
        return ManifestPaths.IsPlain(literal) && path.Length <= PluginLimits.Path && !path.AsSpan().ContainsAnyExceptInRange('!', '~')
            && names.All(ManifestText.IsPropertyName) && names.Distinct(StringComparer.Ordinal).Count() == names.Length ? names : null;
    }
}
