using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// The only validator of manifests: requests, dry runs and what is stored all pass through it. It changes nothing, drops nothing in silence and finds
/// every fault at once.
/// </summary>
internal sealed class ManifestValidator(PluginHosts hosts)
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = PluginLimits.DocumentDepth, AllowDuplicateProperties = false };

    /// <summary>Reads a manifest.</summary>
    /// <param name="document">Its bytes.</param>
    public ManifestReading Read(ReadOnlyMemory<byte> document)
    {
        var faults = new FaultList();
        if (!ManifestScan.Check(document.Span, faults))
        {
            return new ManifestReading(null, faults.ToArray());
        }

        using var tree = JsonDocument.Parse(document, Strict);
        var manifest = ObjectReading.Of(tree.RootElement, "", faults) is { } root ? Manifest(root, tree.RootElement, faults) : null;
        return faults.Count > 0 ? new ManifestReading(null, faults.ToArray()) : new ManifestReading(manifest, []);
    }

    private PluginManifest? Manifest(ObjectReading root, JsonElement tree, FaultList faults)
    {
        if (root.Need("manifestVersion") is { } format && !(format.ValueKind == JsonValueKind.Number && format.TryGetInt32(out var number) && number == 1))
        {
            faults.Add(root.At("manifestVersion"), PluginFaultCodes.UnsupportedManifestVersion, "The manifest version is 1.");
        }

        var id = Id(root, faults);
        var version = root.Text("version");
        if (version is not null && !ManifestText.IsVersion(version))
        {
            faults.Add(root.At("version"), PluginFaultCodes.InvalidVersion, $"A version is a semantic version 2.0 such as 1.4.0, at most {PluginLimits.Version} characters.");
        }

        var name = root.Text("displayName");
        ManifestText.Check(name, root.At("displayName"), PluginLimits.Title, lines: false, faults);
        var description = root.Text("description");
        ManifestText.Check(description, root.At("description"), PluginLimits.Description, lines: true, faults);
        var capabilities = Capabilities(root, faults);
        var service = root.Object("service") is { } declared ? new ServiceRules(hosts, faults).Read(declared) : null;
        var routes = new RouteRules(faults).Read(root);
        var tools = new ToolRules(routes, faults).Read(root, (route, tool) => Content(tree, route, tool));
        root.Close();
        if (faults.Count > 0)
        {
            return null;
        }

        var canonical = CanonicalJson.Of(tree);
        return new PluginManifest(id!, version!, name!, description!, capabilities, service!, tools) { Document = canonical, Digest = BlobStore.DigestOf(canonical) };
    }

    private static string? Id(ObjectReading root, FaultList faults)
    {
        var id = root.Text("id");
        if (id is not null && !PluginWireName.IsId(id))
        {
            faults.Add(root.At("id"), PluginFaultCodes.InvalidId, $"An id is words of lower-case letters and digits joined by single dashes, the first a letter, at most {PluginLimits.Id} characters.");
        }
        else if (id is not null && PluginWireName.ReservedIds.Contains(id))
        {
            faults.Add(root.At("id"), PluginFaultCodes.ReservedId, "This id is reserved.");
        }

        return id;
    }

    private static ImmutableArray<string> Capabilities(ObjectReading root, FaultList faults)
    {
        var before = faults.Count;
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (capability, pointer) in root.Texts("capabilities", 16))
        {
            if (capability != PluginManifest.ToolsCapability)
            {
                faults.Add(pointer, PluginFaultCodes.UnknownCapability, $"The only capability is {PluginManifest.ToolsCapability}.");
            }
            else if (!known.Add(capability))
            {
                faults.Add(pointer, PluginFaultCodes.Duplicate, "This capability stands in the list twice.");
            }
        }

        if (faults.Count == before && known.Count == 0)
        {
            faults.Add(root.At("capabilities"), PluginFaultCodes.CapabilityMissing, $"A plugin declares {PluginManifest.ToolsCapability}.");
        }

        return [.. known];
    }

    /// <summary>A manifest with one route and one tool, every member as its author wrote it.</summary>
    private static byte[] Content(JsonElement tree, string route, string tool)
    {
        string[] shared = ["manifestVersion", "id", "version", "displayName", "description", "capabilities", "service"];
        var members = shared.Where(name => tree.TryGetProperty(name, out _)).Select(name => $"\"{name}\":{tree.GetProperty(name).GetRawText()}");
        return CanonicalJson.Minify(Encoding.UTF8.GetBytes($"{{{string.Join(',', members)},\"routes\":[{route}],\"mcpTools\":[{tool}]}}"));
    }
}
