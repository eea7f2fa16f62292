using System.Text;
using System.Text.Json;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>
/// What must hold of arguments before a schema is asked: an object, and no member twice at any depth. Of two readers of a doubled member
/// one takes the first value and one the last, so what was decided on would not be what is done.
/// </summary>
internal static class ArgumentsCheck
{
    private const int FewMembers = 16;
    private static readonly JsonReaderOptions Options = new() { MaxDepth = MessageReader.MaxDepth };

    /// <summary>The fault, or null.</summary>
    public static ArgumentFault? Find(ReadOnlySpan<byte> arguments)
    {
        var reader = new Utf8JsonReader(arguments, Options);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new ArgumentFault("", "type", "The arguments must be a JSON object.");
            }

            return Value(ref reader, arguments) is { } pointer
                ? new ArgumentFault(pointer, "duplicate", "The member stands in the object twice.")
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new ArgumentFault("", "malformed", "The arguments hold a text that is not well-formed.");
        }
    }

    /// <summary>Pointer to the first doubled member of the value that the reader stands on; leaves the reader on its last token.</summary>
    private static string? Value(ref Utf8JsonReader reader, ReadOnlySpan<byte> json) => reader.TokenType switch
    {
        JsonTokenType.StartObject => Members(ref reader, json),
        JsonTokenType.StartArray => Items(ref reader, json),
        _ => null,
    };

    private static string? Items(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            if (Value(ref reader, json) is { } pointer)
            {
                return $"/{index}{pointer}";
            }
        }

        return null;
    }

    private static string? Members(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        // Few members are compared with each other, as bytes and without allocating; many, or escaped ones, go through a set.
        Span<(int Start, int Length)> few = stackalloc (int, int)[FewMembers];
        HashSet<string>? many = null;
        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            if (many is null && (reader.ValueIsEscaped || count == FewMembers))
            {
                many = new HashSet<string>(StringComparer.Ordinal);
                foreach (var (start, length) in few[..count])
                {
                    many.Add(Encoding.UTF8.GetString(json.Slice(start, length)));
                }
            }

            var text = many is null ? null : reader.GetString()!;
            var twice = many is not null ? !many.Add(text!) : IsAmong(few[..count], name, json);
            if (twice)
            {
                return "/" + Token(text ?? Encoding.UTF8.GetString(name));
            }

            if (many is null)
            {
                few[count++] = ((int)reader.TokenStartIndex + 1, name.Length);
            }

            reader.Read();
            if (Value(ref reader, json) is { } pointer)
            {
                // The name is read again only now: after a fault nothing is hot any more.
                return "/" + Token(text ?? Encoding.UTF8.GetString(name)) + pointer;
            }
        }

        return null;
    }

    private static bool IsAmong(ReadOnlySpan<(int Start, int Length)> seen, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        foreach (var (start, length) in seen)
        {
            if (json.Slice(start, length).SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    private static string Token(string name)
        => (name.Length > 100 ? name[..100] : name).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
