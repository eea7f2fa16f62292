using System.Text.Json;

namespace Toolgate.Rest;

/// <summary>Words what is wrong with a JSON body, with a pointer, without type names of ours.</summary>
internal static class JsonFaults
{
    /// <summary>400 for text that is not JSON, 422 for JSON that does not have the expected shape.</summary>
    public static ProblemResult Problem(JsonException exception)
    {
        // The reader's own faults carry a byte position and an inner reader exception; shape faults come from the serializer.
        if (exception.InnerException is JsonException || exception.InnerException?.GetType().Name == "JsonReaderException" || exception.GetType().Name == "JsonReaderException")
        {
            return Rest.Problem.Of(400, "malformed_json", $"The body is not valid JSON (line {(exception.LineNumber ?? 0) + 1}, byte {exception.BytePositionInLine ?? 0}).");
        }

        var pointer = Pointer(exception.Path);
        var message = exception.Message;
        if (message.Contains("could not be mapped", StringComparison.Ordinal))
        {
            var member = Quoted(message);
            return Fault(Under(pointer, member), "unknown_member", $"There is no member '{member}' here.");
        }

        if (message.Contains("Duplicate property", StringComparison.OrdinalIgnoreCase))
        {
            return Fault(Under(pointer, Quoted(message)), "duplicate_member", "The member stands in the object twice.");
        }

        // The first name in this message is a type of ours; the members follow the colon.
        if (message.Contains("missing required", StringComparison.Ordinal))
        {
            var member = Quoted(message[(message.LastIndexOf(':') + 1)..]);
            return Fault(Under(pointer, member), "required", $"The member '{member}' is missing.");
        }

        return Fault(pointer, "wrong_type", "The value has the wrong type or is not one of the allowed values.");
    }

    /// <summary>
    /// What the framework says of a parameter that it could not bind, without the type that it names: from <c>… "int limit" from "x".</c> the
    /// name and the value are kept.
    /// </summary>
    public static ProblemResult Binding(int status, string message)
    {
        if (message.Contains("from body", StringComparison.Ordinal) || message.Contains("no body was provided", StringComparison.Ordinal))
        {
            return Rest.Problem.Of(status, "malformed", "The request needs a JSON body.", new ProblemError("", "required", "The request needs a JSON body."));
        }

        var from = message.IndexOf('"', StringComparison.Ordinal);
        var to = from < 0 ? -1 : message.IndexOf('"', from + 1);
        if (to < 0)
        {
            return Rest.Problem.Of(status, "malformed", "The request could not be read.");
        }

        var name = message[(from + 1)..to].Split(' ')[^1];
        var detail = $"The parameter '{name}' is missing or has the wrong type.";
        return Rest.Problem.Of(status, "malformed", detail, new ProblemError("?" + name, "wrong_type", detail));
    }

    private static ProblemResult Fault(string pointer, string code, string detail)
        => Rest.Problem.Of(422, "validation", detail, new ProblemError(pointer, code, detail));

    /// <summary>The pointer to a member of what <paramref name="pointer"/> leads to; the reader sometimes names it in the path already.</summary>
    private static string Under(string pointer, string member)
        => pointer.EndsWith(JsonPointer.Child("", member), StringComparison.Ordinal) ? pointer : JsonPointer.Child(pointer, member);

    private static string Quoted(string message)
    {
        var from = message.IndexOf('\'', StringComparison.Ordinal);
        var to = from < 0 ? -1 : message.IndexOf('\'', from + 1);
        return to < 0 ? "?" : message[(from + 1)..to];
    }

    /// <summary><c>$.a[0]['b.c']</c> as a JSON Pointer.</summary>
    private static string Pointer(string? path)
    {
        var pointer = "";
        for (var i = 1; path is not null && i < path.Length;)
        {
            var end = path[i] == '[' ? path.IndexOf(']', i) : path.IndexOfAny(['.', '['], i + 1);
            end = end < 0 ? path.Length : end;
            var token = path[(i + 1)..end].Trim('\'');
            pointer = JsonPointer.Child(pointer, token);
            i = end < path.Length && path[end] == ']' ? end + 1 : end;
        }

        return pointer;
    }
}
