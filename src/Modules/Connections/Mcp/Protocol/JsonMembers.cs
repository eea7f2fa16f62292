using System.Text.Json;
using System.Text.Unicode;

namespace Toolgate.Connections;

/// <summary>A member of a JSON object, as it was written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">Its name with quotes and escapes.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct JsonMember(string Name, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);

/// <summary>Takes JSON apart without writing it anew: everything returned is a window of what was given.</summary>
internal static class JsonMembers
{
    /// <summary>Deepest nesting of what an upstream sends.</summary>
    public const int MaxDepth = 128;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>The members of one whole object, in order; null when this is no well-formed object in UTF-8, or a name stands twice.</summary>
    public static List<JsonMember>? Of(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(json.Span, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            var members = new List<JsonMember>();
            var names = new HashSet<string>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                var key = json.Slice((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
                reader.Read();
                members.Add(new JsonMember(name, key, Value(ref reader, json)));
                if (!names.Add(name))
                {
                    return null;
                }
            }

            // Whatever follows the object makes the reader throw.
            return reader.Read() ? null : members;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter: half a surrogate pair in a name has no text form.
            return null;
        }
    }

    /// <summary>The elements of a JSON array; null when it is none.</summary>
    public static List<ReadOnlyMemory<byte>>? Elements(ReadOnlyMemory<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                return null;
            }

            var elements = new List<ReadOnlyMemory<byte>>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                elements.Add(Value(ref reader, json));
            }

            return elements;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The value of a member of an object; empty when there is none, or when this is no object.</summary>
    public static ReadOnlyMemory<byte> Find(ReadOnlyMemory<byte> json, string name)
    {
        foreach (var member in json.IsEmpty ? [] : Of(json) ?? [])
        {
            if (member.Name == name)
            {
                return member.Value;
            }
        }

        return default;
    }

    /// <summary>The text of a JSON string; null when it is none.</summary>
    public static string? Text(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty || json.Span[0] != (byte)'"')
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(json.Span, Options);
            reader.Read();
            return reader.GetString();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A JSON boolean; null when it is none.</summary>
    public static bool? Flag(ReadOnlyMemory<byte> json) => json.Span.SequenceEqual("true"u8) ? true : json.Span.SequenceEqual("false"u8) ? false : null;

    /// <summary>Whether the value is an object.</summary>
    public static bool IsObject(ReadOnlyMemory<byte> json) => !json.IsEmpty && json.Span[0] == (byte)'{';

    private static ReadOnlyMemory<byte> Value(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }
}
