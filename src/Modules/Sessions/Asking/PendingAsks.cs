using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>A question that a client has not answered yet.</summary>
/// <param name="Id">Its JSON-RPC id, a JSON string.</param>
/// <param name="Asker">The request that it belongs to.</param>
internal sealed record PendingAsk(string Id, object Asker)
{
    private readonly TaskCompletionSource<ClientAnswer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer, when there is one.</summary>
    public Task<ClientAnswer> Answer => answer.Task;

    /// <summary>Answers it; only the first answer counts.</summary>
    public void Complete(ClientAnswer given) => answer.TrySetResult(given);
}

/// <summary>
/// The questions that one session's client has been asked on this node. An answer is matched by an id of ours within the session that it arrives in, so that
/// no other session, principal or credential can give it; what matches nothing (late, twice, invented) is nothing.
/// </summary>
internal sealed class PendingAsks(string mark)
{
    private const int Most = 32;
    private static long last;
    private readonly Lock gate = new();
    private readonly Dictionary<string, PendingAsk> pending = new(StringComparer.Ordinal);
    private bool closed;

    /// <summary>A new question; null when the client has too many to answer already.</summary>
    public PendingAsk? Open(object asker)
    {
        lock (gate)
        {
            if (closed || pending.Count >= Most)
            {
                return null;
            }

            var ask = new PendingAsk($"\"{Prefix}{mark}-{Interlocked.Increment(ref last).ToString(CultureInfo.InvariantCulture)}\"", asker);
            pending.Add(ask.Id, ask);
            return ask;
        }
    }

    /// <summary>The question does not wait any more.</summary>
    public void Close(PendingAsk ask)
    {
        lock (gate)
        {
            pending.Remove(ask.Id);
        }
    }

    /// <summary>The questions of one request.</summary>
    public PendingAsk[] Of(object asker)
    {
        lock (gate)
        {
            return pending.Count == 0 ? [] : [.. pending.Values.Where(ask => ReferenceEquals(ask.Asker, asker))];
        }
    }

    /// <summary>Takes a client's response. False: another node of the deployment asked, and only it can take the answer.</summary>
    public bool Answer(McpMessage response)
    {
        var id = Encoding.UTF8.GetString(response.Id.Span);
        PendingAsk? ask;
        lock (gate)
        {
            pending.Remove(id, out ask);
        }

        ask?.Complete(AnswerOf(response));
        return ask is not null || !id.StartsWith("\"" + Prefix, StringComparison.Ordinal) || id.StartsWith("\"" + Prefix + mark + "-", StringComparison.Ordinal);
    }

    /// <summary>The session has ended.</summary>
    public void CloseAll()
    {
        PendingAsk[] all;
        lock (gate)
        {
            closed = true;
            all = [.. pending.Values];
            pending.Clear();
        }

        foreach (var ask in all)
        {
            ask.Complete(Answers.Refused("The session has ended."));
        }
    }

    private const string Prefix = "toolgate-";

    private static ClientAnswer AnswerOf(McpMessage response)
        => response.Error.IsEmpty
            ? response.Result.Span is [(byte)'{', ..] ? new ClientAnswer(response.Result.ToArray(), default) : Answers.Refused("The client answered without a result.")
            : new ClientAnswer(default, IsError(response.Error) ? response.Error.ToArray() : Answers.Error("The client answered with an error that is none."));

    private static bool IsError(ReadOnlyMemory<byte> error)
    {
        using var document = JsonDocument.Parse(error);
        var root = document.RootElement;
        return root.ValueKind == JsonValueKind.Object
            && root.TryGetProperty("code"u8, out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out _)
            && root.TryGetProperty("message"u8, out var message) && message.ValueKind == JsonValueKind.String;
    }
}

/// <summary>Answers that Toolgate gives in a client's stead.</summary>
internal static class Answers
{
    /// <summary>The client could not be asked, or did not answer.</summary>
    public static ClientAnswer Refused(string why, int code = ErrorCodes.Internal) => new(default, Error(why, code));

    /// <summary>The client did not declare what the question takes.</summary>
    public static ClientAnswer NotDeclared(string method) => Refused($"The client did not declare that it takes {method}.", ErrorCodes.MethodNotFound);

    /// <summary>A JSON-RPC error object.</summary>
    public static byte[] Error(string why, int code = ErrorCodes.Internal)
        => Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $$"""{"code":{{code}},"message":"{{JsonEncodedText.Encode(why, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}}"}"""));
}
