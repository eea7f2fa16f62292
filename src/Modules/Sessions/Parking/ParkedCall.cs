using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>
/// A request of the stateless era whose client can be asked. When an upstream asks, the request is answered with the questions and the work waits here,
/// parked, until the client tries the same request again with the answers (2026-07-28, "Multi Round-Trip Requests"):
/// <code>
/// POST ─► work ─► question ┐                     ┌─► work goes on ─► answer
///         answer: input_required + state   POST with state + answers
/// </code>
/// One request, however many rounds: one call, one record.
/// </summary>
internal sealed class ParkedCall(Caller caller, McpMessage message, string target, string id) : IDisposable
{
    private const int MostQuestions = 32;
    private readonly Lock gate = new();
    private readonly SortedDictionary<int, Question> questions = [];
    private readonly CancellationTokenSource cancellation = new();
    private TaskCompletionSource asked = NewSignal();
    private DeclaredCapabilities declared;
    private Reply? reply;
    private int last;
    private bool over;

    /// <summary>Its name on this node.</summary>
    public string Id => id;

    /// <summary>Who asks.</summary>
    public Caller Caller => caller;

    /// <summary>The request, with bytes of its own.</summary>
    public McpMessage Message => message;

    /// <summary>What it reaches.</summary>
    public string Target => target;

    /// <summary>What it does.</summary>
    public Task<CallResult> Work { get; private set; } = null!;

    /// <summary>The answer that is being given now; null while nobody waits.</summary>
    public Reply? Reply => Volatile.Read(ref reply);

    /// <summary>What ties it to its credential, from its beginning on.</summary>
    public Leash Leash { get; set; } = null!;

    /// <summary>The state that is worth going on with; null while it is not parked.</summary>
    public RequestState? State { get; set; }

    /// <summary>Bytes that it holds now.</summary>
    public long Bytes
    {
        get
        {
            lock (gate)
            {
                return message.Body.Length + questions.Values.Sum(question => (long)question.Parameters.Length);
            }
        }
    }

    /// <summary>Bytes that it was counted with when it was parked.</summary>
    public long ParkedBytes { get; set; }

    /// <summary>Its cancellation.</summary>
    public CancellationTokenSource Cancellation => cancellation;

    /// <summary>Starts the work.</summary>
    public void Start(RelayedWork work, ReadOnlyMemory<byte> upstreamState, string? approved)
    {
        var client = new StatelessClient(caller.Principal, message, null, this, upstreamState, approved);
        Work = Run();

        async Task<CallResult> Run()
        {
            try
            {
                return await work(client, message, cancellation.Token);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return new(CallEnd.Cancelled);
            }
            finally
            {
                End();
            }
        }
    }

    /// <summary>A request waits for its answer.</summary>
    public void Attach(Reply next, DeclaredCapabilities capabilities)
    {
        lock (gate)
        {
            reply = next;
            declared = capabilities;
        }
    }

    /// <summary>That request is answered.</summary>
    public void Detach() => Volatile.Write(ref reply, null);

    /// <summary>Done as soon as the client has something to answer.</summary>
    public Task Asked
    {
        get
        {
            lock (gate)
            {
                return asked.Task;
            }
        }
    }

    /// <summary>Asks the client.</summary>
    public async ValueTask<ClientAnswer> Ask(string method, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
    {
        Question question;
        int number;
        lock (gate)
        {
            if (declared.Missing(method, parameters.Span) is not null)
            {
                return Answers.NotDeclared(method);
            }

            if (over || questions.Count >= MostQuestions)
            {
                return Answers.Refused(over ? "The request is over." : "The client has too many questions to answer already.");
            }

            question = new Question(method, parameters);
            questions.Add(number = ++last, question);
            asked.TrySetResult();
        }

        try
        {
            return await question.Answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Remove(number);
        }
    }

    /// <summary>
    /// The questions that wait, as <c>inputRequests</c>; null when none does. One that the request that waits now could not be asked is answered in its stead.
    /// </summary>
    public byte[]? Questions()
    {
        lock (gate)
        {
            foreach (var (_, question) in questions.Where(pair => declared.Missing(pair.Value.Method, pair.Value.Parameters.Span) is not null).ToArray())
            {
                question.Answer.TrySetResult(Answers.NotDeclared(question.Method));
            }

            var open = questions.Where(pair => !pair.Value.Answer.Task.IsCompleted).ToArray();
            if (open.Length == 0)
            {
                return null;
            }

            var output = new ArrayBufferWriter<byte>(512);
            using var json = new Utf8JsonWriter(output, ToolErrors.Relaxed);
            json.WriteStartObject();
            foreach (var (number, question) in open)
            {
                json.WriteStartObject(KeyOf(number));
                json.WriteString("method"u8, question.Method);
                if (!question.Parameters.IsEmpty)
                {
                    json.WritePropertyName("params"u8);
                    json.WriteRawValue(question.Parameters.Span, skipInputValidation: true);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.Flush();
            return output.WrittenSpan.ToArray();
        }
    }

    /// <summary>Takes the client's answers; what is missing still waits, what nobody asked is ignored.</summary>
    public void Take(ReadOnlyMemory<byte> responses)
    {
        if (responses.IsEmpty)
        {
            return;
        }

        using var document = JsonDocument.Parse(responses, new JsonDocumentOptions { MaxDepth = MessageReader.MaxDepth });
        lock (gate)
        {
            foreach (var (number, question) in questions)
            {
                if (document.RootElement.TryGetProperty(KeyOf(number), out var answer) && answer.ValueKind == JsonValueKind.Object)
                {
                    question.Answer.TrySetResult(new ClientAnswer(Encoding.UTF8.GetBytes(answer.GetRawText()), default));
                }
            }
        }
    }

    /// <summary>Answers every question with an error.</summary>
    public void Refuse(string why)
    {
        lock (gate)
        {
            foreach (var (_, question) in questions)
            {
                question.Answer.TrySetResult(Answers.Refused(why));
            }
        }
    }

    /// <summary>Gives the work up.</summary>
    public void Cancel()
    {
        lock (gate)
        {
            if (!over)
            {
                _ = cancellation.CancelAsync();
            }
        }
    }

    public void Dispose() => cancellation.Dispose();

    private static string KeyOf(int number) => "question-" + number.ToString(CultureInfo.InvariantCulture);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Remove(int number)
    {
        lock (gate)
        {
            questions.Remove(number);
            if (questions.Count == 0 && asked.Task.IsCompleted && !over)
            {
                asked = NewSignal();
            }
        }
    }

    private void End()
    {
        lock (gate)
        {
            over = true;
        }

        Refuse("The request is over.");
    }

    private sealed record Question(string Method, ReadOnlyMemory<byte> Parameters)
    {
        public TaskCompletionSource<ClientAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
