using System.Net;

namespace Toolgate.Connections;

/// <summary>Rules of <c>service</c>.</summary>
internal sealed class ServiceRules(PluginHosts hosts, FaultList faults)
{
    private const string HeaderPrefix = "Toolgate-";

    /// <summary>Reads the service; null when something of it is missing.</summary>
    public PluginService? Read(ObjectReading service)
    {
        var baseUrl = Url(service.Text("baseUrl"), service.At("baseUrl"));
        var allowed = Hosts(service);
        var auth = service.Object("auth") is { } declared ? Auth(declared) : null;
        service.Close();
        if (baseUrl is null)
        {
            return null;
        }

        if (allowed.Count > 0 && !allowed.Contains(baseUrl.IdnHost))
        {
            faults.Add(service.At("baseUrl"), PluginFaultCodes.HostNotAllowed, "The host of the base URL is not among allowedHosts.");
        }

        return auth is null ? null : new PluginService(
            baseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/'), allowed.Count == 0 ? [baseUrl.IdnHost] : [.. allowed.Order(StringComparer.Ordinal)], auth);
    }

    private HashSet<string> Hosts(ObjectReading service)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (host, pointer) in service.Texts("allowedHosts", PluginLimits.Hosts, needed: false))
        {
            if (!IsHost(host))
            {
                faults.Add(pointer, PluginFaultCodes.InvalidHost, "A host is a name in lower case or an address, without scheme, port, path and wildcard.");
            }
            else if (!hosts.AllowsHost(host))
            {
                faults.Add(pointer, PluginFaultCodes.PrivateAddress, "This host is an address or a local name, and the operator allowed no such network.");
            }
            else if (!known.Add(host))
            {
                faults.Add(pointer, PluginFaultCodes.Duplicate, "This host stands in the list twice.");
            }
        }

        return known;
    }

    private PluginAuth? Auth(ObjectReading auth)
    {
        var type = auth.Text("type");
        var secret = auth.Text("secretRef", needed: false);
        if (secret is not null && !ManifestText.IsSecretName(secret))
        {
            faults.Add(auth.At("secretRef"), PluginFaultCodes.InvalidName, "A secret is referred to by a name of letters, digits, dots, dashes and underscores, at most 64.");
        }

        string? header = null, token = null;
        IReadOnlyList<(string Value, string Pointer)> scopes = [];
        switch (type)
        {
            case "none" or "bearer" or "basic":
                break;
            case "header":
                header = auth.Text("header");
                if (header is not null && (!AuthTemplateRules.IsHeaderName(header) || header.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase)))
                {
                    faults.Add(auth.At("header"), PluginFaultCodes.InvalidHeader, "This header cannot carry a credential: it frames the message, or it is the gateway's own.");
                }

                break;
            case "oauth2-client":
                token = auth.Text("tokenUrl");
                Url(token, auth.At("tokenUrl"));
                scopes = auth.Texts("scopes", 50, needed: false);
                foreach (var (scope, pointer) in scopes.Where(scope => !ManifestText.IsScope(scope.Value)))
                {
                    faults.Add(pointer, PluginFaultCodes.InvalidName, "This is no scope (RFC 6749 section 3.3).");
                }

                break;
            case not null:
                faults.Add(auth.At("type"), PluginFaultCodes.InvalidAuth, "The type is none, bearer, header, basic or oauth2-client.");
                return null;
        }

        auth.Close();
        return type is null ? null : new PluginAuth(type, header, secret, token, [.. scopes.Select(scope => scope.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
    }

    private Uri? Url(string? text, string pointer)
    {
        if (text is null)
        {
            return null;
        }

        if (text.Length > PluginLimits.Url || !BaseUrls.IsBase(text) || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.AsSpan().IndexOfAny("\\@?#") >= 0
            || PathOf(text) is not { } path || !ManifestPaths.IsPlain(path) || new Uri(text).IdnHost.EndsWith('.'))
        {
            faults.Add(pointer, PluginFaultCodes.InvalidUrl, $"A URL is absolute, of at most {PluginLimits.Url} ASCII characters, without user name, query, fragment and .. segments.");
            return null;
        }

        var url = new Uri(text);
        if (!hosts.AllowsHost(url.IdnHost))
        {
            faults.Add(pointer, PluginFaultCodes.PrivateAddress, "The host is an address or a local name, and the operator allowed no such network.");
        }
        else if (url.Scheme != Uri.UriSchemeHttps && !hosts.AllowsPlainHttp(url.IdnHost))
        {
            faults.Add(pointer, PluginFaultCodes.InsecureUrl, "The URL must be https; plain http is for networks that the operator allows.");
        }

        return url;
    }

    /// <summary>The path as it is written: the class Uri would resolve the dots in it first.</summary>
    private static string? PathOf(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        return start < 3 ? null : url.IndexOf('/', start) is var slash && slash >= 0 ? url[slash..] : "/";
    }

    private static bool IsHost(string text) => IPAddress.TryParse(text, out var address)
        ? address.ToString() == text
        : text.Length is > 0 and <= 253 && Uri.CheckHostName(text) == UriHostNameType.Dns && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '.')
            && text[0] != '.' && text[^1] != '.';
}
