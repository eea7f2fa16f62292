using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Finds what references mean within one schema document. Nothing is ever fetched.</summary>
internal sealed class SchemaResources
{
    private static readonly Uri Unnamed = new("https://schema.invalid/");
    private readonly JsonPointers pointers;
    private readonly Dictionary<string, SchemaResource> byUri = new(StringComparer.Ordinal);
    private readonly List<SchemaResource> all = [];

    /// <summary>Indexes a document.</summary>
    public SchemaResources(JsonElement root)
    {
        pointers = new JsonPointers(root);
        Root = Add("", root, Unnamed);
        Index(root, "", Root, 0);
    }

    /// <summary>The document's own resource.</summary>
    public SchemaResource Root { get; }

    /// <summary>All resources, the root first.</summary>
    public IReadOnlyList<SchemaResource> All => all;

    /// <summary>The resource in which a pointer stands: the one nearest above it.</summary>
    public SchemaResource Of(string pointer) => all.Count == 1 ? Root : all
        .Where(resource => pointer == resource.Pointer || pointer.StartsWith(resource.Pointer + "/", StringComparison.Ordinal))
        .MaxBy(resource => resource.Pointer.Length) ?? Root;

    /// <summary>The pointer that a reference means and its plain-name fragment, if it has one; nothing when it leads out of the document.</summary>
    public (string Pointer, SchemaResource Resource, string? Anchor)? Resolve(string reference, SchemaResource from)
    {
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        var (address, fragment) = hash < 0 ? (reference, "") : (reference[..hash], Uri.UnescapeDataString(reference[(hash + 1)..]));
        var resource = from;
        if (address.Length > 0 && !(Uri.TryCreate(from.Base, address, out var uri) && byUri.TryGetValue(Key(uri), out resource)))
        {
            return null;
        }

        if (fragment is "" or ['/', ..])
        {
            return (resource!.Pointer + fragment, resource, null);
        }

        return resource!.Anchors.TryGetValue(fragment, out var anchored) ? (anchored, resource, fragment) : null;
    }

    /// <summary>What stands at a pointer.</summary>
    public JsonElement? Find(string pointer) => pointers.Find(pointer);

    private static string Key(Uri uri) => uri.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.Fragment, UriFormat.UriEscaped);

    private SchemaResource Add(string pointer, JsonElement schema, Uri enclosing)
    {
        var own = schema.Text("$id") is { } id && Uri.TryCreate(enclosing, id, out var named) ? named : enclosing;
        var resource = new SchemaResource(pointer, own);
        byUri.TryAdd(Key(own), resource);
        all.Add(resource);
        return resource;
    }

    private void Index(JsonElement element, string pointer, SchemaResource resource, int depth)
    {
        if (depth > 128)
        {
            return;
        }

        if (element.ValueKind == JsonValueKind.Array)
        {
            var i = 0;
            foreach (var item in element.EnumerateArray())
            {
                Index(item, SourceDocument.Child(pointer, i++), resource, depth + 1);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            if (pointer.Length > 0 && element.Text("$id") is { } id && id is not ['#', ..])
            {
                resource = Add(pointer, element, resource.Base);
            }

            if (element.Text("$anchor") is { } anchor)
            {
                resource.Anchors.TryAdd(anchor, pointer);
            }

            if (element.Text("$dynamicAnchor") is { } dynamicAnchor)
            {
                resource.Anchors.TryAdd(dynamicAnchor, pointer);
                resource.DynamicAnchors.TryAdd(dynamicAnchor, null);
            }

            foreach (var member in element.EnumerateObject())
            {
                // What stands in these is data, whatever it looks like.
                if (!(member.Name is "enum" or "const" or "default" or "examples") && member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                {
                    Index(member.Value, SourceDocument.Child(pointer, member.Name), resource, depth + 1);
                }
            }
        }
    }
}
