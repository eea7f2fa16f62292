using System.Globalization;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>What JSON allows and a gateway must not: two readers of one text that understand different things.</summary>
internal static class JsonStrictness
{
    /// <summary>
    /// The JSON Pointer of the first key that stands twice in one object, escapes resolved; nothing when there is none. Text that is no JSON
    /// up to there has none either: whoever parses it says so.
    /// </summary>
    public static string? FindDuplicate(ReadOnlySpan<byte> json)
    {
        var levels = new Stack<Level>();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = CompiledSchema.MaxDepth });
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        Step(levels);
                        levels.Push(new Level(reader.TokenType == JsonTokenType.StartObject ? new HashSet<string>(StringComparer.Ordinal) : null));
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        levels.Pop();
                        break;
                    case JsonTokenType.PropertyName:
                        var level = levels.Peek();
                        level.Name = reader.GetString()!;
                        if (!level.Names!.Add(level.Name))
                        {
                            return string.Concat(levels.Reverse().Select(step => SourceDocument.Child("", step.Name ?? step.Index.ToString(CultureInfo.InvariantCulture))));
                        }

                        break;
                    default:
                        Step(levels);
                        break;
                }
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }

        return null;
    }

    /// <summary>A value begins: in an array, that is the next index.</summary>
    private static void Step(Stack<Level> levels)
    {
        if (levels.TryPeek(out var level) && level.Names is null)
        {
            level.Index++;
        }
    }

    private sealed class Level(HashSet<string>? names)
    {
        public HashSet<string>? Names { get; } = names;

        public string? Name { get; set; }

        public int Index { get; set; } = -1;
    }
}
