using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// The first look at a manifest's bytes, before any tree is made of them: well-formed UTF-8 and JSON, not too large, not too deep, no member twice, text
/// that is Unicode, numbers that every reader reads alike (RFC 7493).
/// </summary>
internal static class ManifestScan
{
    private const int SignificantDigits = 17;
    private const long SafeInteger = 1L << 53;

    /// <summary>Notes what is wrong; true when a tree can be made.</summary>
    public static bool Check(ReadOnlySpan<byte> document, FaultList faults)
    {
        if (document.Length > PluginLimits.DocumentBytes)
        {
            faults.Add("", PluginFaultCodes.DocumentTooLarge, $"A manifest has at most {PluginLimits.DocumentBytes / 1024} KiB.");
            return false;
        }

        if (!Utf8.IsValid(document))
        {
            faults.Add("", PluginFaultCodes.MalformedJson, "A manifest is JSON in UTF-8.");
            return false;
        }

        try
        {
            return Read(document, faults);
        }
        catch (JsonException)
        {
            faults.Add("", PluginFaultCodes.MalformedJson, "This is no well-formed JSON.");
            return false;
        }
    }

    private static bool Read(ReadOnlySpan<byte> document, FaultList faults)
    {
        var before = faults.Count;
        var levels = new Stack<Level>();
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = PluginLimits.DocumentDepth + 1 });
        while (reader.Read())
        {
            if (reader.CurrentDepth >= PluginLimits.DocumentDepth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                faults.Add("", PluginFaultCodes.TooDeep, $"A manifest nests at most {PluginLimits.DocumentDepth} levels.");
                return false;
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    levels.Peek().Name = Text(ref reader);
                    Name(levels, faults);
                    continue;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    levels.Pop();
                    continue;
            }

            if (levels.TryPeek(out var parent) && parent.Names is null)
            {
                parent.Index++;
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    levels.Push(new Level { Names = new HashSet<string>(StringComparer.Ordinal) });
                    break;
                case JsonTokenType.StartArray:
                    levels.Push(new Level());
                    break;
                case JsonTokenType.String when Text(ref reader) is null:
                    faults.Add(PointerOf(levels), PluginFaultCodes.InvalidUnicode, "This text is no well-formed Unicode.");
                    break;
                case JsonTokenType.Number when !IsPortable(reader.ValueSpan):
                    faults.Add(PointerOf(levels), PluginFaultCodes.NumberOutOfRange, "Numbers have at most 17 significant digits, integers are within ±2^53 (RFC 7493).");
                    break;
            }
        }

        // Of two members with one name a tree keeps one or the other: nothing further can be said of such a document.
        return faults.Count == before;
    }

    private static void Name(Stack<Level> levels, FaultList faults)
    {
        var level = levels.Peek();
        if (level.Name is null)
        {
            faults.Add(PointerOf(levels, skip: 1), PluginFaultCodes.InvalidUnicode, "A name in this object is no well-formed Unicode.");
        }
        else if (!level.Names!.Add(level.Name))
        {
            faults.Add(PointerOf(levels), PluginFaultCodes.DuplicateMember, "This member stands in the object twice.");
        }
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return null;
        }
    }

    private static bool IsPortable(ReadOnlySpan<byte> number)
    {
        var text = Encoding.ASCII.GetString(number);
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
        {
            return false;
        }

        if (text.AsSpan().IndexOfAny('.', 'e', 'E') < 0)
        {
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) && Math.Abs(integer) <= SafeInteger;
        }

        var end = text.AsSpan().IndexOfAny('e', 'E') is var found && found >= 0 ? found : text.Length;
        return text.AsSpan(0, end).ToString().Count(char.IsAsciiDigit) <= SignificantDigits && text.Length <= 32;
    }

    private static string PointerOf(Stack<Level> levels, int skip = 0)
    {
        var pointer = new StringBuilder();
        foreach (var level in levels.Reverse().Take(Math.Min(levels.Count - skip, PluginLimits.DocumentDepth)))
        {
            pointer.Append('/').Append(level.Names is null
                ? level.Index.ToString(CultureInfo.InvariantCulture)
                : JsonPointer.Escape(level.Name ?? ""));
        }

        return pointer.ToString();
    }

    /// <summary>An object or an array that is being read.</summary>
    private sealed class Level
    {
        /// <summary>The names so far; null for an array.</summary>
        public HashSet<string>? Names { get; init; }

        public string? Name { get; set; }

        public int Index { get; set; } = -1;
    }
}
