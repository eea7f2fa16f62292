using System.Text;
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
        var (code, detail) =
            message.Contains("could not be mapped", StringComparison.Ordinal) ? ("unknown_member", $"There is no member '{Quoted(message)}' here.") :
            message.Contains("Duplicate property", StringComparison.OrdinalIgnoreCase) ? ("duplicate_member", "The member stands in the object twice.") :
            message.Contains("missing required", StringComparison.Ordinal) ? ("required", "A required member is missing: " + Quoted(message) + ".") :
            ("wrong_type", "The value has the wrong type or is not one of the allowed values.");
        if (code is "unknown_member")
        {
            pointer = pointer.EndsWith('/' + Quoted(message), StringComparison.Ordinal) ? pointer : pointer + "/" + Quoted(message);
        }

        return Rest.Problem.Of(422, "validation", detail, new ProblemError(pointer, code, detail));
    }

    /// <summary>The framework's own message about a parameter, cut to its first sentence, which names the parameter only.</summary>
    public static string Binding(string message)
    {
        var from = message.IndexOf('"', StringComparison.Ordinal);
        return from < 0 ? "The request could not be read." : "A parameter could not be read: " + message[from..];
    }

    private static string Quoted(string message)
    {
        var from = message.IndexOf('\'', StringComparison.Ordinal);
        var to = from < 0 ? -1 : message.IndexOf('\'', from + 1);
        return to < 0 ? "?" : message[(from + 1)..to];
    }

    /// <summary><c>$.a[0]['b.c']</c> as a JSON Pointer.</summary>
    private static string Pointer(string? path)
    {
        var pointer = new StringBuilder();
        for (var i = 1; path is not null && i < path.Length;)
        {
            var end = path[i] == '[' ? path.IndexOf(']', i) : path.IndexOfAny(['.', '['], i + 1);
            end = end < 0 ? path.Length : end;
            var token = path[(i + 1)..end].Trim('\'');
            pointer.Append('/').Append(token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
            i = end < path.Length && path[end] == ']' ? end + 1 : end;
        }

        return pointer.ToString();
    }
}
