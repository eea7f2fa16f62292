using System.Text.Json;
using Toolgate.Connections;
using Toolgate.Rest;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// Calls where tools are searched instead of listed. Only the three tools that are listed can be named; of these, <c>call_tool</c> is no way of its own: the
/// tool that it names goes the way of every call, under that tool's decision, address and record.
/// <code>
/// search_tools, describe_tool → arguments → answered from the view → recorded
/// call_tool                   → arguments → the tool of that name → the pipeline
/// anything else               → unknown
/// </code>
/// </summary>
internal sealed class SurfaceCalls(
    CallPipeline pipeline, IToolInvoker invoker, CallRecorder recorder, Limiter limiter, ArgumentsSalt salt, Node node, SessionsTelemetry telemetry, TimeProvider time)
{
    /// <summary>Carries a call out, or refuses it.</summary>
    public ValueTask<CallResult> Call(CallRequest call, CancellationToken cancellationToken)
    {
        call = call with { Tool = null, Arguments = call.Arguments.IsEmpty ? "{}"u8.ToArray() : call.Arguments };
        return call.Name switch
        {
            SearchSurface.SearchTools => Own(call, SearchSurface.Searching, cancellationToken),
            SearchSurface.DescribeTool => Own(call, SearchSurface.Describing, cancellationToken),
            SearchSurface.CallTool => Own(call, SearchSurface.Calling, cancellationToken),
            _ => pipeline.Call(call, cancellationToken),
        };
    }

    /// <summary>The tool that a call reaches by way of <c>call_tool</c>, the arguments that it gets, and what it named; none for any other call.</summary>
    public (ViewTool? Tool, ReadOnlyMemory<byte> Arguments, string? Name) Reached(ToolView view, string? name, ReadOnlyMemory<byte> arguments)
    {
        if (name != SearchSurface.CallTool || arguments.IsEmpty || Faults(SearchSurface.Calling, arguments).Count > 0)
        {
            return default;
        }

        var asked = SurfaceArguments.Of(arguments);
        return (view.Find(asked.Name), asked.Arguments, asked.Name);
    }

    private async ValueTask<CallResult> Own(CallRequest call, Tool own, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        if (Faults(own, call.Arguments) is { Count: > 0 } faults)
        {
            var refusal = ToolErrors.InvalidArguments(faults);
            telemetry.Count(refusal.Code);
            var facts = Facts(call, own);
            return await recorder.Refusal(facts, facts.Denied(refusal.Code)) ? new(CallEnd.Outcome, new ToolOutcome.Failed(refusal)) : new(CallEnd.NotRecorded);
        }

        var asked = SurfaceArguments.Of(call.Arguments);

        // What call_tool names is counted on its way; what is answered from the view is a request like any other.
        if (own != SearchSurface.Calling && limiter.Count(call.Caller.Id) is { } flood)
        {
            telemetry.Count(LimitRefusal.Code);
            var limited = Facts(call, own);
            return !flood.Subject.IsWorthRecord(limiter.Now) || await recorder.Refusal(limited, limited.Denied(LimitRefusal.Code))
                ? new(CallEnd.Outcome, new ToolOutcome.Failed(flood.ToolError())) { Limit = flood }
                : new(CallEnd.NotRecorded);
        }

        if (own == SearchSurface.Searching)
        {
            return await Answered(call, own, started, SurfaceAnswers.Found(call.View, asked.Query, asked.Limit));
        }

        // By name or address; what is not in the view is unknown, in the very words that a direct call gets, and recorded as one.
        var named = call with { Name = asked.Name, Tool = call.View.Find(asked.Name), Arguments = asked.Arguments };
        return own == SearchSurface.Describing && named.Tool is { } tool
            ? await Answered(call, own, started, SurfaceAnswers.Described(tool))
            : (await pipeline.Call(named, cancellationToken)) with { Name = asked.Name };
    }

    private IReadOnlyList<ArgumentFault> Faults(Tool own, ReadOnlyMemory<byte> arguments)
        => ArgumentsCheck.Find(arguments.Span) is { } fault ? [fault] : invoker.Check(own, arguments);

    /// <summary>
    /// Nothing was done upstream, so the record is that of a call without effect: one event, durable first in strict mode, else queued with those of others.
    /// </summary>
    private async ValueTask<CallResult> Answered(CallRequest call, Tool own, long started, byte[] structured)
    {
        var outcome = new ToolOutcome.Answered(SurfaceAnswers.AsText(structured), structured);
        var facts = Facts(call, own);
        var elapsed = time.GetElapsedTime(started).TotalMilliseconds;
        telemetry.Ended(null, outcome, elapsed);
        return await recorder.Refusal(facts, facts.Ended(outcome, Math.Round(elapsed, 3))) ? new(CallEnd.Outcome, outcome) : new(CallEnd.NotRecorded);
    }

    private CallFacts Facts(CallRequest call, Tool own) => CallFacts.Of(call, Ids.New("call"), node.Id, salt.Digest(call.Arguments.Span)) with
    {
        Address = SearchSurface.AddressPrefix + own.Definition.Name,
        Action = "approve",
        Source = "default",
    };

    /// <summary>What was asked for; read after the schema was satisfied.</summary>
    private readonly record struct SurfaceArguments(string Query, int Limit, string Name, ReadOnlyMemory<byte> Arguments)
    {
        public static SurfaceArguments Of(ReadOnlyMemory<byte> json)
        {
            var asked = new SurfaceArguments("", SearchSurface.DefaultLimit, "", default);
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MessageReader.MaxDepth });
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var member = reader.GetString();
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                switch (member)
                {
                    case "query":
                        asked = asked with { Query = reader.GetString()! };
                        break;
                    case "limit":
                        // The schema's integers may be written as 10.0 or 1e1.
                        asked = asked with { Limit = (int)reader.GetDouble() };
                        break;
                    case "name":
                        asked = asked with { Name = reader.GetString()! };
                        break;
                }

                reader.Skip();
                if (member == "arguments")
                {
                    asked = asked with { Arguments = json[start..(int)reader.BytesConsumed] };
                }
            }

            return asked;
        }
    }
}
