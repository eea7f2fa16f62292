using System.Text.Json;
using System.Text.Unicode;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>Reads the body of a call without taking the arguments apart.</summary>
internal static class CallToolReader
{
    private static readonly MemberNames Names = new("arguments", "toolkit");
    private static readonly JsonReaderOptions Options = new() { MaxDepth = MessageReader.MaxDepth };

    /// <summary>The problem, or null and what was read. An empty body calls without arguments.</summary>
    public static ProblemResult? Read(ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte> arguments, out string? toolkit)
    {
        arguments = default;
        toolkit = null;
        if (body.IsEmpty)
        {
            return null;
        }

        try
        {
            return Utf8.IsValid(body.Span) ? Members(body, ref arguments, ref toolkit) : Malformed();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Malformed();
        }
    }

    private static ProblemResult? Members(ReadOnlyMemory<byte> body, ref ReadOnlyMemory<byte> arguments, ref string? toolkit)
    {
        var reader = new Utf8JsonReader(body.Span, Options);
        var members = new Members(Names);
        string? twice = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return Invalid("", "wrong_type", "The body must be an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = members.Take(ref reader, ref twice);
            if (member is null)
            {
                var name = reader.GetString()!;
                return Invalid("/" + name, "unknown_member", $"There is no member '{name}' here.");
            }

            reader.Read();
            var (start, kind) = ((int)reader.TokenStartIndex, reader.TokenType);
            if (member == "toolkit" && kind is not (JsonTokenType.String or JsonTokenType.Null))
            {
                return Invalid("/toolkit", "wrong_type", "toolkit must be a text.");
            }

            toolkit = member == "toolkit" ? reader.GetString() : toolkit;
            reader.Skip();
            if (member == "arguments" && kind != JsonTokenType.Null)
            {
                arguments = body[start..(int)reader.BytesConsumed];
            }
        }

        reader.Read();
        return twice is null ? null : Invalid("/" + twice, "duplicate_member", "The member stands in the object twice.");
    }

    private static ProblemResult Malformed() => Problem.Of(400, "malformed_json", "The body is not valid JSON.");

    private static ProblemResult Invalid(string pointer, string code, string detail) => Problem.Of(422, "validation", detail, new ProblemError(pointer, code, detail));
}
