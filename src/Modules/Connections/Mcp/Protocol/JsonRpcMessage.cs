using System.Text;

namespace Toolgate.Connections;

/// <summary>Kinds of JSON-RPC messages.</summary>
internal enum JsonRpcKind
{
    /// <summary>Wants an answer.</summary>
    Request,

    /// <summary>Wants none.</summary>
    Notification,

    /// <summary>An answer: a result or an error.</summary>
    Answer,
}

/// <summary>One message of an upstream. Its parts are windows of the bytes that arrived, valid as long as those are.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its id as JSON; empty for notifications.</param>
/// <param name="Method">Its method; null for answers.</param>
/// <param name="Params">Its params; empty when there are none.</param>
/// <param name="Result">Its result; empty when there is none.</param>
/// <param name="Error">Its error; empty when there is none.</param>
internal readonly record struct JsonRpcMessage(
    JsonRpcKind Kind, ReadOnlyMemory<byte> Id, string? Method, ReadOnlyMemory<byte> Params, ReadOnlyMemory<byte> Result, ReadOnlyMemory<byte> Error)
{
    private const int MaxId = 256;

    /// <summary>Reads a message; null when this is none: not JSON, a member twice, neither a method nor an answer, or both.</summary>
    public static JsonRpcMessage? Parse(ReadOnlyMemory<byte> json)
    {
        if (JsonMembers.Of(json) is not { } members)
        {
            return null;
        }

        ReadOnlyMemory<byte> id = default, method = default, parameters = default, result = default, error = default;
        foreach (var (name, _, value) in members)
        {
            switch (name)
            {
                case "id": id = value; break;
                case "method": method = value; break;
                case "params": parameters = value; break;
                case "result": result = value; break;
                case "error": error = value; break;
            }
        }

        if (id.Length > MaxId || (!id.IsEmpty && id.Span[0] is (byte)'{' or (byte)'[' or (byte)'t' or (byte)'f'))
        {
            return null;
        }

        if (!method.IsEmpty)
        {
            return JsonMembers.Text(method) is not { } text || !result.IsEmpty || !error.IsEmpty || (!parameters.IsEmpty && !JsonMembers.IsObject(parameters))
                ? null
                : new JsonRpcMessage(id.IsEmpty ? JsonRpcKind.Notification : JsonRpcKind.Request, id, text, parameters, default, default);
        }

        return result.IsEmpty == error.IsEmpty || (!error.IsEmpty && !JsonMembers.IsObject(error))
            ? null
            : new JsonRpcMessage(JsonRpcKind.Answer, id, null, default, result, error);
    }

    /// <summary>Whether it answers the request with this id. An id that came back as a string is meant, too.</summary>
    public bool Answers(long request) => Kind == JsonRpcKind.Answer && IsNumber(Id, request);

    /// <summary>Whether it is an error of nobody's request: what a server says that could not read one.</summary>
    public bool IsStrayError => Kind == JsonRpcKind.Answer && !Error.IsEmpty && (Id.IsEmpty || Id.Span.SequenceEqual("null"u8));

    /// <summary>Whether a JSON value is this number, or a string of its digits.</summary>
    public static bool IsNumber(ReadOnlyMemory<byte> json, long number)
    {
        Span<char> digits = stackalloc char[20];
        number.TryFormat(digits, out var length);
        Span<byte> text = stackalloc byte[20];
        Encoding.ASCII.GetBytes(digits[..length], text);
        var value = json.Span;
        return value.SequenceEqual(text[..length]) || (value.Length == length + 2 && value[0] == (byte)'"' && value[1..^1].SequenceEqual(text[..length]));
    }
}

/// <summary>An answer, on its own: exactly one of the two is not empty.</summary>
/// <param name="Result">The <c>result</c>, as it was sent.</param>
/// <param name="Error">The <c>error</c>, a JSON object.</param>
internal readonly record struct RpcAnswer(ReadOnlyMemory<byte> Result, ReadOnlyMemory<byte> Error)
{
    /// <summary>The answer of a message, which may go away afterwards.</summary>
    public static RpcAnswer Of(JsonRpcMessage message) => new(message.Result.ToArray(), message.Error.ToArray());

    /// <summary>The error's code; null when it is no error or has none.</summary>
    public int? Code => Error.IsEmpty || !int.TryParse(Encoding.ASCII.GetString(JsonMembers.Find(Error, "code").Span), out var code) ? null : code;
}
