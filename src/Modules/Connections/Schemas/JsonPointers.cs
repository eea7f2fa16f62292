using System.Text.Json;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// Finds what stands at JSON Pointers (RFC 6901) of one document. Parents are remembered and large objects indexed: thousands of references
/// into one object of thousands of members stay linear.
/// </summary>
internal sealed class JsonPointers(JsonElement root)
{
    private const int IndexedFrom = 16;

    private readonly Dictionary<string, JsonElement?> found = new(StringComparer.Ordinal) { [""] = root };
    private readonly Dictionary<string, Dictionary<string, JsonElement>> indexes = new(StringComparer.Ordinal);

    /// <summary>What stands at <paramref name="pointer"/>; nothing when nothing does.</summary>
    public JsonElement? Find(string pointer)
    {
        // From the longest prefix that is known, step by step and without recursion: a pointer may be as long as its author likes.
        var known = pointer.Length;
        JsonElement? current;
        while (!found.TryGetValue(pointer[..known], out current))
        {
            known = pointer.LastIndexOf('/', known - 1);
            if (known < 0)
            {
                return null;
            }
        }

        while (known < pointer.Length && current is { } parent)
        {
            var end = pointer.IndexOf('/', known + 1);
            end = end < 0 ? pointer.Length : end;
            var segment = JsonPointer.Unescape(pointer[(known + 1)..end]);
            current = Step(parent, pointer[..known], segment);
            if (current is not null)
            {
                found[pointer[..end]] = current;
            }

            known = end;
        }

        return current;
    }

    private JsonElement? Step(JsonElement parent, string at, string segment)
    {
        switch (parent.ValueKind)
        {
            case JsonValueKind.Array:
                return int.TryParse(segment, out var index) && index >= 0 && index < parent.GetArrayLength() ? parent[index] : null;
            case JsonValueKind.Object when parent.GetPropertyCount() < IndexedFrom:
                return parent.TryGetProperty(segment, out var member) ? member : null;
            case JsonValueKind.Object:
                if (!indexes.TryGetValue(at, out var members))
                {
                    indexes[at] = members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
                    foreach (var one in parent.EnumerateObject())
                    {
                        members[one.Name] = one.Value;
                    }
                }

                return members.TryGetValue(segment, out var indexed) ? indexed : null;
            default:
                return null;
        }
    }
}
